/** What is to happen in memory once a transaction has ended, each at most once. */
export class TransactionEffects {
  private committed: (() => void)[] = [];
  private rolledBack: (() => void)[] = [];

  readonly afterCommit = (effect: () => void): void => void this.committed.push(effect);

  readonly afterRollback = (effect: () => void): void => void this.rolledBack.push(effect);

  /** Takes over what a part of the transaction left to be done. */
  take(part: TransactionEffects): void {
    this.committed.push(...part.committed);
    this.rolledBack.push(...part.rolledBack);
  }

  commit(): void {
    this.end(this.committed);
  }

  rollBack(): void {
    this.end(this.rolledBack);
  }

  private end(effects: readonly (() => void)[]): void {
    [this.committed, this.rolledBack] = [[], []];
    for (const effect of effects) effect();
  }
}
