/** German: why a line of an import was not taken, by what the service says of it. */
export const rejections = {
  'rejection.is not JSON': 'Sie ist kein JSON.',
  'rejection.is not UTF-8': 'Sie ist kein UTF-8.',
  'rejection.is longer than 4096 bytes': 'Sie ist länger als 4096 Byte.',
  'rejection.holds a NUL, or a number that is out of range':
    'Sie enthält ein NUL-Zeichen oder eine Zahl, die zu groß oder zu klein ist.',
  'rejection.must be {"customerId":"…"} or "…", 1 to 64 of A–Z a–z 0–9 . _ -':
    'Sie ist keine Kundennummer: 1 bis 64 aus A–Z a–z 0–9 . _ -',
  'rejection.must be an object': 'Sie ist kein Datensatz: Er beginnt mit { und endet mit }.',
  'rejection.has a field that no call record has': 'Sie hat ein Feld, das kein Anrufdatensatz hat.',
  'rejection.recordId must be 1 to 128 visible ASCII characters':
    'recordId fehlt oder hat nicht 1 bis 128 sichtbare ASCII-Zeichen.',
  'rejection.direction must be outbound or inbound': 'direction ist weder outbound noch inbound.',
  'rejection.line must be a phone number, best in E.164':
    'line ist keine Telefonnummer. Schreiben Sie sie mit Landesvorwahl: +44 20 7946 0100',
  'rejection.team must be a line of 1 to 80 characters': 'team hat nicht 1 bis 80 Zeichen in einer Zeile.',
  'rejection.dialled must be a text of at most 256 characters': 'dialled ist kein Text mit höchstens 256 Zeichen.',
  'rejection.startedAt must be an RFC 3339 time that exists, from 1970 on':
    'startedAt ist kein Zeitpunkt seit 1970. Schreiben Sie ihn so: 2026-03-01T12:00:00Z',
  'rejection.endedAt must be an RFC 3339 time that exists, from 1970 on':
    'endedAt ist kein Zeitpunkt seit 1970. Schreiben Sie ihn so: 2026-03-01T12:00:00Z',
  'rejection.endedAt must be within a day after startedAt': 'endedAt liegt nicht innerhalb eines Tages nach startedAt.',
};
