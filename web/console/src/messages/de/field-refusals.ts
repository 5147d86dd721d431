const SHOWN = 'muss einzeiliger Text sein, der ist, wonach er aussieht';

/**
 * What the service says of a single field, in German; `{n}` is a number of its sentence. English has the service's own words,
 * which are also the last resort.
 */
export const fieldRefusals: Readonly<Record<string, string>> = {
  'must be given': 'fehlt',
  'is not a field of this request': 'kommt in dieser Anfrage nicht vor',
  'is not a field of an account': 'kommt in einem Konto nicht vor',
  'has a field of a name that no request has': 'enthält ein Feld, das keine Anfrage hat',
  'must hold no NUL, and no number that is out of range':
    'darf kein NUL und keine Zahl außerhalb des Bereichs enthalten',
  'must be a string': 'muss ein Text sein',
  'must be an array': 'muss eine Liste sein',
  'must be an object': 'muss ein Objekt sein',
  'must be a boolean value': 'muss ja oder nein sein',
  'must be an integer number': 'muss eine ganze Zahl sein',
  'must be a number conforming to the specified constraints': 'muss eine Zahl sein',
  'each value must be a string': 'jeder Eintrag muss ein Text sein',
  'each value must be an object': 'jeder Eintrag muss ein Objekt sein',
  'each value must be an integer number': 'jeder Eintrag muss eine ganze Zahl sein',
  'must be shorter than or equal to {n} characters': 'darf höchstens {n} Zeichen haben',
  'must be longer than or equal to {n} characters': 'muss mindestens {n} Zeichen haben',
  'each value must be shorter than or equal to {n} characters': 'jeder Eintrag darf höchstens {n} Zeichen haben',
  'each value must be longer than or equal to {n} characters': 'jeder Eintrag muss mindestens {n} Zeichen haben',
  'must contain no more than {n} elements': 'darf höchstens {n} Einträge haben',
  'must contain at least {n} elements': 'muss mindestens {n} Einträge haben',
  'must not be greater than {n}': 'darf nicht größer als {n} sein',
  'must not be less than {n}': 'darf nicht kleiner als {n} sein',
  'each value must not be greater than {n}': 'kein Eintrag darf größer als {n} sein',
  'each value must not be less than {n}': 'kein Eintrag darf kleiner als {n} sein',
  'must be 1 to {n} of A–Z a–z 0–9 . _ -': 'muss aus 1 bis {n} Zeichen von A–Z a–z 0–9 . _ - bestehen',
  'must be 1 to {n} of A–Z a–z 0–9 . _ -, beginning with a letter or digit':
    'muss aus 1 bis {n} Zeichen von A–Z a–z 0–9 . _ - bestehen und mit Buchstabe oder Ziffer beginnen',
  'must be 1 to {n} visible ASCII characters': 'muss aus 1 bis {n} sichtbaren ASCII-Zeichen bestehen',
  'must be a name of 1 to {n} characters': 'muss ein Name aus 1 bis {n} Zeichen sein',
  'must be the 16 letters and digits of the letter': 'muss aus den 16 Buchstaben und Ziffern des Briefs bestehen',
  'must be a phone number, best in E.164 such as +442079460100':
    'muss eine Telefonnummer sein, am besten wie +442079460100',
  'must be a phone number, best in E.164 such as +442079460123':
    'muss eine Telefonnummer sein, am besten wie +442079460123',
  'must be an e-mail address such as help@northbank.example':
    'muss eine E-Mail-Adresse sein, etwa help@northbank.example',
  'must be a web address such as https://apps.example/northbank':
    'muss eine Webadresse sein, etwa https://apps.example/northbank',
  'must be a web address such as https://bank.example/help':
    'muss eine Webadresse sein, etwa https://bank.example/help',
  'an https URL': 'muss eine Adresse sein, die mit https:// beginnt',
  'must be a host such as northbank.example, under which nobody else can register':
    'muss ein Host wie northbank.example sein, unter dem niemand sonst etwas anmelden kann',
  "must be a host such as bit.ly, or *.pages.example where each host below is somebody's own":
    'muss ein Host wie bit.ly sein, oder *.pages.example, wo jeder Host darunter jemand anderem gehört',
  'must be a locale such as en or cy-GB (BCP 47)': 'muss eine Sprache sein, etwa de oder de-AT (BCP 47)',
  'must be a locale such as en or cy-GB (BCP 47), or null':
    'muss eine Sprache sein, etwa de oder de-AT (BCP 47), oder null',
  'must be an IANA time zone such as Europe/London': 'muss eine Zeitzone der IANA sein, etwa Europe/Berlin',
  'must be an ISO 3166-1 alpha-2 code such as GB': 'muss ein Ländercode nach ISO 3166-1 sein, etwa DE',
  'must be a country that has a numbering plan': 'muss ein Land mit eigenen Telefonnummern sein',
  'an ISO 4217 code such as GBP': 'muss ein Währungscode nach ISO 4217 sein, etwa EUR',
  'a time such as 08:00': 'muss eine Uhrzeit sein, etwa 08:00',
  'a time such as 20:00': 'muss eine Uhrzeit sein, etwa 20:00',
  'must be later than opens': 'muss nach dem Beginn liegen',
  'must be a day that exists, such as 2026-12-25': 'muss ein Tag sein, den es gibt, etwa 2026-12-25',
  'must be an RFC 3339 time that exists, such as 2026-01-31T09:30:00Z, from 1900 to {n}':
    'muss ein Zeitpunkt nach RFC 3339 sein, den es gibt, etwa 2026-01-31T09:30:00Z, von 1900 bis {n}',
  'must ask for something from the customer: app, callback or letter':
    'muss vom Kunden etwas verlangen: App, Rückruf oder Brief',
  'must not name a proof twice': 'darf keinen Nachweis zweimal nennen',
  'needs either iban, or sortCode and accountNumber': 'braucht entweder iban oder sortCode und accountNumber',
  'can only stand beside a sort code and account number': 'kann nur neben sortCode und accountNumber stehen',
  'cannot stand beside a sort code and account number': 'kann nicht neben sortCode und accountNumber stehen',
  'is not an IBAN: two letters, two digits, then letters and digits':
    'ist keine IBAN: zwei Buchstaben, zwei Ziffern, dann Buchstaben und Ziffern',
  'a text': 'muss ein Text sein',
  'plain text: not blank, without control characters, direction overrides or unpaired surrogates':
    'muss reiner Text sein: nicht leer, ohne Steuerzeichen, Zeichen zum Wechsel der Schreibrichtung oder halbe Zeichen',
  'each is plain text in the form that the API describes':
    'jeder Eintrag muss reiner Text sein, wie ihn die API beschreibt',
  'the id of a call, a change or a report': 'muss die Kennung eines Anrufs, einer Änderung oder einer Meldung sein',
  'plain text in one line that looks like what it is': SHOWN,
  'plain text in one line that looks like what it is; this shows nothing': `${SHOWN}; dieser zeigt nichts`,
  'plain text in one line that looks like what it is; this has a control character or a line break': `${SHOWN}; dieser hat ein Steuerzeichen oder einen Zeilenumbruch`,
  'plain text in one line that looks like what it is; this has a character that nobody sees': `${SHOWN}; dieser hat ein Zeichen, das niemand sieht`,
  'plain text in one line that looks like what it is; this has a mark that changes the direction of writing': `${SHOWN}; dieser hat ein Zeichen, das die Schreibrichtung ändert`,
  'plain text in one line that looks like what it is; this has half of a character': `${SHOWN}; dieser hat ein halbes Zeichen`,
  'plain text in one line that looks like what it is; this mixes alphabets in a way in which letters of one pass for letters of another': `${SHOWN}; dieser mischt Alphabete so, dass Buchstaben des einen für solche des anderen gelten`,
  'plain text in one line that looks like what it is; this has digits of another number system than its letters, or of several in one number': `${SHOWN}; dieser hat Ziffern eines anderen Zahlensystems als seine Buchstaben, oder mehrerer in einer Zahl`,
};
