interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchesOptions<Item, Result> {
  /** Does a batch and returns a result for each item, in their order; with `alone`, undefined for one that it did not do. */
  readonly work: (items: readonly Item[]) => Promise<readonly (Result | undefined)[]>;
  /** Batches that may be under way at once. */
  readonly atOnce: number;
  /** Items in one batch. */
  readonly most: number;
  /** Whether items of a batch that failed are tried one by one, so that one that cannot be done fails no other. */
  readonly tryApart: (error: unknown) => boolean;
  /** Two items of one key never stand in one batch: the second joins the next. */
  readonly keyOf?: (item: Item) => string;
  /**
   * Does an item by itself, however long that takes, and no batch waits for it: one that comes while nothing is under way, one
   * that its batch did not do, and each of a batch that is tried apart.
   */
  readonly alone?: (item: Item) => Promise<Result>;
}

/**
 * Does together what comes together: an item is taken up at once while few batches are under way, and else joins the
 * next one, so that many share one round trip and one commit when there is much to do, and nobody waits when there is not.
 */
export class Batches<Item, Result> {
  private queue: Waiting<Item, Result>[] = [];
  private underWay = 0;
  private apart = 0;
  private scheduled = false;

  constructor(private readonly options: BatchesOptions<Item, Result>) {}

  /** Resolves with the item's result once it is done; rejects with what its batch, or its own try, failed on. */
  do(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
      if (!this.scheduled && this.underWay < this.options.atOnce) {
        this.scheduled = true;
        setImmediate(() => this.begin());
      }
    });
  }

  private begin(): void {
    this.scheduled = false;
    if (this.options.alone && this.queue.length === 1 && this.underWay === 0 && this.apart === 0) {
      this.doAlone(this.queue.pop()!, this.options.alone);
      return;
    }
    while (this.queue.length > 0 && this.underWay < this.options.atOnce) {
      const batch = this.take();
      this.underWay += 1;
      void this.run(batch).finally(() => {
        this.underWay -= 1;
        this.begin();
      });
    }
  }

  /** The longest that have waited, but for a second one of a key. */
  private take(): Waiting<Item, Result>[] {
    const { most, keyOf } = this.options;
    if (!keyOf || this.queue.length === 1) return this.queue.splice(0, most);
    const keys = new Set<string>();
    const batch: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    for (const waiting of this.queue) {
      const key = keyOf(waiting.item);
      (batch.length < most && !keys.has(key) ? batch : left).push(waiting);
      keys.add(key);
    }
    this.queue = left;
    return batch;
  }

  private async run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const { alone } = this.options;
    try {
      const results = await this.options.work(batch.map(({ item }) => item));
      batch.forEach((waiting, place) => {
        const result = results[place];
        if (alone && result === undefined) this.doAlone(waiting, alone);
        else waiting.resolve(result as Result);
      });
    } catch (error) {
      if (alone && this.options.tryApart(error)) for (const waiting of batch) this.doAlone(waiting, alone);
      else if (batch.length > 1 && this.options.tryApart(error))
        await Promise.all(batch.map((waiting) => this.run([waiting])));
      else for (const { reject } of batch) reject(error);
    }
  }

  private doAlone({ item, resolve, reject }: Waiting<Item, Result>, alone: (item: Item) => Promise<Result>): void {
    this.apart += 1;
    void alone(item)
      .then(resolve, reject)
      .finally(() => {
        this.apart -= 1;
      });
  }
}
