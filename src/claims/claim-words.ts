/** The words of the page of a claim file. They say what the bank did, and judge nobody. */
export interface ClaimWords {
  readonly language: string;
  readonly title: string;
  readonly purpose: string;
  readonly shredded: string;
  readonly bank: string;
  readonly customer: string;
  readonly from: string;
  readonly to: string;
  readonly made: string;
  readonly calls: string;
  readonly questions: string;
  readonly shown: string;
  readonly answered: string;
  readonly became: string;
  readonly verdicts: string;
  readonly messages: string;
  readonly reports: string;
  readonly timeline: string;
  readonly nothing: string;
  readonly unreadable: string;
  readonly withoutEvidence: string;
  readonly toVerify: string;
  readonly verifying: string;
  readonly limits: string;
}

const ENGLISH: ClaimWords = {
  language: 'en',
  title: 'What the bank did',
  purpose:
    "This file records what the bank said, asked and showed, what was answered, and what was decided on it. It is no judgement of the customer: a warning that was not heeded is not the customer's fault.",
  shredded:
    "The customer's personal data has been destroyed. What was shown and signed can no longer be read; that it happened, and when, is still proved.",
  bank: 'Bank',
  customer: 'Customer',
  from: 'From',
  to: 'Until before',
  made: 'Put together',
  calls: 'Calls that the bank declared',
  questions: 'What the bank asked',
  shown: 'Shown to the customer',
  answered: 'Answered',
  became: 'Outcome',
  verdicts: 'What the bank said when it was asked about a call',
  messages: 'What the bank said when it was asked about a message',
  reports: 'Reports that the bank received',
  timeline: 'Everything in order',
  nothing: 'Nothing in this time.',
  unreadable: 'Can no longer be read.',
  withoutEvidence: 'Begun before the time for which the bank keeps events, and so without evidence of its own:',
  toVerify: 'To verify',
  verifying:
    'This page is for reading and proves nothing by itself. Check the whole file, and not this page alone, with',
  limits:
    'The file proves that each event in it was sealed in the log and not altered. It does not prove that a person understood what they were shown, nor that what is not in it did not happen.',
};

const GERMAN: ClaimWords = {
  language: 'de',
  title: 'Was die Bank getan hat',
  purpose:
    'Diese Datei hält fest, was die Bank gesagt, gefragt und angezeigt hat, was geantwortet und was daraufhin entschieden wurde. Sie ist kein Urteil über die Kundin oder den Kunden: Eine Warnung, die nicht beachtet wurde, ist nicht deren Schuld.',
  shredded:
    'Die personenbezogenen Daten wurden vernichtet. Was angezeigt und unterschrieben wurde, ist nicht mehr lesbar; dass und wann es geschah, ist weiterhin bewiesen.',
  bank: 'Bank',
  customer: 'Kunde',
  from: 'Ab',
  to: 'Bis vor',
  made: 'Zusammengestellt',
  calls: 'Anrufe, die die Bank angemeldet hat',
  questions: 'Was die Bank gefragt hat',
  shown: 'Angezeigt wurde',
  answered: 'Antwort',
  became: 'Ergebnis',
  verdicts: 'Was die Bank sagte, als sie nach einem Anruf gefragt wurde',
  messages: 'Was die Bank sagte, als sie nach einer Nachricht gefragt wurde',
  reports: 'Meldungen, die die Bank erhielt',
  timeline: 'Alles der Reihe nach',
  nothing: 'Nichts in dieser Zeit.',
  unreadable: 'Nicht mehr lesbar.',
  withoutEvidence: 'Begonnen vor der Zeit, für die die Bank Ereignisse aufbewahrt, und deshalb ohne eigenen Nachweis:',
  toVerify: 'Prüfen',
  verifying:
    'Diese Seite ist zum Lesen und beweist allein nichts. Prüfen Sie die ganze Datei, nicht nur diese Seite, mit',
  limits:
    'Die Datei beweist, dass jedes Ereignis darin im Protokoll versiegelt und nicht verändert wurde. Sie beweist nicht, dass jemand verstanden hat, was angezeigt wurde, und nicht, dass nicht geschah, was nicht darin steht.',
};

/** German for a locale that is of German, and else English. */
export function claimWords(locale: string | null): ClaimWords {
  return /^de(-|$)/i.test(locale ?? '') ? GERMAN : ENGLISH;
}
