/** Loaded before a program (`node --import`): its own clock is off by CLOCK_OFF_BY_MS. */
const offBy = Number(globalThis.process.env.CLOCK_OFF_BY_MS);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...values) {
    super(...(values.length === 0 ? [RealDate.now() + offBy] : values));
  }

  static now() {
    return RealDate.now() + offBy;
  }
};
