/** English: why a line of an import was not taken, by what the service says of it. */
export const rejections = {
  'rejection.is not JSON': 'It is not JSON.',
  'rejection.is not UTF-8': 'It is not UTF-8.',
  'rejection.is longer than 4096 bytes': 'It is longer than 4096 bytes.',
  'rejection.holds a NUL, or a number that is out of range': 'It holds a NUL, or a number that is out of range.',
  'rejection.must be {"customerId":"…"} or "…", 1 to 64 of A–Z a–z 0–9 . _ -':
    'It is no customer id: 1 to 64 of A–Z a–z 0–9 . _ -',
  'rejection.must be an object': 'It is no record: one begins with { and ends with }.',
  'rejection.has a field that no call record has': 'It has a field that no call record has.',
  'rejection.recordId must be 1 to 128 visible ASCII characters':
    'recordId is missing, or not 1 to 128 visible ASCII characters.',
  'rejection.direction must be outbound or inbound': 'direction is neither outbound nor inbound.',
  'rejection.line must be a phone number, best in E.164':
    'line is no phone number. Write it with the country code: +44 20 7946 0100',
  'rejection.team must be a line of 1 to 80 characters': 'team is not 1 to 80 characters on one line.',
  'rejection.dialled must be a text of at most 256 characters': 'dialled is no text of at most 256 characters.',
  'rejection.startedAt must be an RFC 3339 time that exists, from 1970 on':
    'startedAt is no time since 1970. Write it as 2026-03-01T12:00:00Z',
  'rejection.endedAt must be an RFC 3339 time that exists, from 1970 on':
    'endedAt is no time since 1970. Write it as 2026-03-01T12:00:00Z',
  'rejection.endedAt must be within a day after startedAt': 'endedAt is not within a day after startedAt.',
};
