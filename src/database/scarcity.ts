/**
 * Tells all sets of connections of this process when one of them has none and can open none, so that the others give
 * way.
 */
export class Scarcity {
  private readonly givers: (() => void)[] = [];

  onTold(giveWay: () => void): void {
    this.givers.push(giveWay);
  }

  tell(): void {
    for (const giveWay of this.givers) giveWay();
  }
}
