interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchesOptions<Item, Result> {
  /** Does a batch and returns a result for each item, in their order. */
  readonly work: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Batches that may be under way at once. */
  readonly atOnce: number;
  /** Items in one batch. */
  readonly most: number;
  /** Whether items of a batch that failed are tried one by one, so that one that cannot be done fails no other. */
  readonly tryApart: (error: unknown) => boolean;
}

/**
 * Does together what comes together: an item is taken up at once while few batches are under way, and else joins the
 * next one, so that many share one round trip and one commit when there is much to do, and nobody waits when there is not.
 */
export class Batches<Item, Result> {
  private queue: Waiting<Item, Result>[] = [];
  private underWay = 0;
  private scheduled = false;

  constructor(private readonly options: BatchesOptions<Item, Result>) {}

  /** Resolves with the item's result once its batch is done; rejects with what its batch, or its own try, failed on. */
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
    while (this.queue.length > 0 && this.underWay < this.options.atOnce) {
      const batch = this.queue.splice(0, this.options.most);
      this.underWay += 1;
      void this.run(batch).finally(() => {
        this.underWay -= 1;
        this.begin();
      });
    }
  }

  private async run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.options.work(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, place) => resolve(results[place]!));
    } catch (error) {
      if (batch.length > 1 && this.options.tryApart(error))
        await Promise.all(batch.map((waiting) => this.run([waiting])));
      else for (const { reject } of batch) reject(error);
    }
  }
}
