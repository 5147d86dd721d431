import { Batches } from './batches.js';
import { isDatabaseUnavailable, TenantDatabase, type TenantHandle } from './tenant-database.js';

export interface TogetherOptions<Item, Result> {
  /** Does one by itself, by the statement that decides every case. It may wait for somebody's lock. */
  readonly alone: (db: TenantHandle, item: Item) => Promise<Result>;
  /**
   * Does several with one statement, which waits for nobody: where a row is locked, or the case is not the common one, it does
   * nothing of that item and gives undefined for it.
   */
  readonly together: (db: TenantHandle, items: readonly Item[]) => Promise<readonly (Result | undefined)[]>;
  /**
   * Whose an item is, where it changes something: a statement sees nothing of what it does itself, so of each there is one at a
   * time. Without it both only read.
   */
  readonly keyOf?: (item: Item) => string;
}

/** While one batch waits for its commit, the next is under way. */
const BATCHES_AT_ONCE = 2;
const MOST_IN_BATCH = 32;

/**
 * What many requests ask of the database in the same moment, with one statement and one commit for all of them. What is asked
 * within a transaction, or while nobody else asks, is done by itself.
 */
export class Together<Item, Result> {
  private readonly batches = new WeakMap<TenantDatabase, Batches<Item, Result>>();

  constructor(private readonly options: TogetherOptions<Item, Result>) {}

  /** Resolves to what `alone` would. @throws what `alone` throws; where the database is away, for all of a batch. */
  do(db: TenantHandle, item: Item): Promise<Result> {
    return db instanceof TenantDatabase ? this.batchesOf(db).do(item) : this.options.alone(db, item);
  }

  private batchesOf(db: TenantDatabase): Batches<Item, Result> {
    const known = this.batches.get(db);
    if (known) return known;
    const { alone, together, keyOf } = this.options;
    const made = new Batches<Item, Result>({
      // One that reads waits for nobody, and by itself costs less.
      work: async (items) =>
        keyOf === undefined && items.length === 1 ? [await alone(db, items[0]!)] : together(db, items),
      alone: (item) => alone(db, item),
      atOnce: BATCHES_AT_ONCE,
      most: MOST_IN_BATCH,
      tryApart: (error) => !isDatabaseUnavailable(error),
      keyOf,
    });
    this.batches.set(db, made);
    return made;
  }
}
