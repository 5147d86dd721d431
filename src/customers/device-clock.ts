/**
 * How far a device's clock may be from the database's, ahead or behind, wherever what it signed says when (`iat`): the
 * proof of an enrolment and an answer alike.
 */
export const DEVICE_CLOCK_TOLERANCE_SECONDS = 60;
