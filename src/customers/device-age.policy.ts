/** From when a device may vouch for what matters (domain rule 6): its enrolment plus policy's age. */
export function trustedFrom(enrolledAt: Date, ageSeconds: number): Date {
  return new Date(enrolledAt.getTime() + ageSeconds * 1000);
}

/** Whether a device is still too new, by the database's `now`. */
export function isNewDevice(enrolledAt: Date, ageSeconds: number, now: Date): boolean {
  return now < trustedFrom(enrolledAt, ageSeconds);
}
