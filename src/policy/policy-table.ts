import { OWN_WORDS } from './policy-words.js';
import {
  country,
  locale,
  names,
  oneOf,
  optional,
  pattern,
  record,
  records,
  section,
  texts,
  timeZone,
  value,
  whole,
  wholes,
} from './policy-fields.js';

const DAY = 86_400;

export const CHANGE_SUBJECTS = ['payout_account', 'payee_account', 'phone_number', 'postal_address', 'email'] as const;
export const ASKED_THROUGH = ['app', 'phone', 'branch', 'email', 'letter'] as const;
export const PROOFS = ['app', 'callback', 'letter', 'second_agent'] as const;

/** Everything a tenant may tune, each value once: its default, its bounds and what it is. Times are in seconds. */
export const POLICY = {
  verification: section('VerificationPolicyDto', 'Lifetimes.', {
    lifetimeSeconds: value(120, whole(30, 600, 'How long a customer has to answer.')),
  }),
  attempts: section('AttemptsPolicyDto', 'Attempt caps.', {
    // NIST SP 800-63B-4 §3.2.2 allows up to 100 failures in a row; a six-digit code read aloud needs far fewer.
    codeFailures: value(5, whole(3, 10, "Wrong codes in a row that lock a customer's verifications.")),
  }),
  pushBudget: section('PushBudgetPolicyDto', 'How often a customer may be asked.', {
    perMinute: value(5, whole(1, 20, 'Questions to one customer in a minute.')),
    sinceConfirmed: value(20, whole(5, 100, 'Questions to one customer since the last one they confirmed.')),
  }),
  call: section('CallPolicyDto', 'Declared calls.', {
    lifetimeSeconds: value(7_200, whole(60, 14_400, 'After how long a live call ends by itself.')),
  }),
  device: section('DevicePolicyDto', 'Devices.', {
    ageSeconds: value(3 * DAY, whole(0, 30 * DAY, 'How long after enrolment a device is trusted.')),
    mostPerCustomer: value(10, whole(1, 50, 'Live devices of one customer.')),
  }),
  contact: section('ContactPolicyDto', 'Contact points.', {
    ageSeconds: value(
      10 * DAY,
      whole(0, 90 * DAY, 'How long a contact point must have been on file before it vouches for anything.'),
    ),
  }),
  changes: section('ChangePolicyDto', 'Changes of banking details.', {
    coolingOffSeconds: value(DAY, whole(0, 30 * DAY, 'How long a change is held after its last proof.')),
    expirySeconds: value(30 * DAY, whole(3_600, 90 * DAY, 'After how long a held change lapses.')),
    answerSeconds: value(3 * DAY, whole(600, 14 * DAY, 'How long the question in the app stays open.')),
    letterSeconds: value(30 * DAY, whole(DAY, 30 * DAY, 'How long a posted code is valid.')),
    letterAttempts: value(5, whole(1, 10, 'Wrong codes that void a letter.')),
    secondAgentAbove: value(
      { amount: 10_000, currency: 'GBP' },
      record(
        'SecondAgentAboveDto',
        {
          amount: whole(0, 1_000_000_000, 'In whole units of the currency.', 10_000),
          currency: pattern(/^[A-Z]{3}$/, {
            maxLength: 3,
            says: 'an ISO 4217 code such as GBP',
            description: 'ISO 4217.',
            example: 'GBP',
          }),
        },
        { description: 'Above this amount at risk, or in another currency, a second agent must approve.' },
      ),
    ),
    rules: value(
      [],
      records(
        'ChangeRuleDto',
        {
          subject: optional(
            oneOf(CHANGE_SUBJECTS, { description: 'Only for changes of this.', example: 'payee_account' }),
          ),
          askedThrough: optional(
            oneOf(ASKED_THROUGH, { description: 'Only for changes asked for this way.', example: 'email' }),
          ),
          proofs: names(PROOFS, {
            minItems: 1,
            maxLength: 16,
            description: 'What is needed. At least one of them comes from the customer.',
            example: ['app', 'callback'],
          }),
        },
        { maxItems: 50, description: "The bank's own rules, before the defaults; the first that fits decides." },
      ),
    ),
  }),
  callbacks: section('CallbackPolicyDto', 'Callbacks.', {
    timeZone: value(
      'Europe/London',
      timeZone({
        description:
          'IANA time zone of the hours and holidays; no abbreviation such as BST, which means another zone elsewhere.',
      }),
    ),
    opens: value(
      '08:00',
      pattern(/^([01]\d|2[0-3]):[0-5]\d$/, {
        maxLength: 5,
        says: 'a time such as 08:00',
        description: 'First local time at which customers are rung.',
      }),
    ),
    closes: value(
      '20:00',
      pattern(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, {
        maxLength: 5,
        says: 'a time such as 20:00',
        description: 'Local time from which they are not.',
      }),
    ),
    days: value(
      [1, 2, 3, 4, 5, 6, 7],
      wholes({ min: 1, max: 7, minItems: 1, maxItems: 7, description: 'ISO weekdays, 1 is Monday.' }),
    ),
    holidays: value(
      [],
      texts({
        maxItems: 400,
        maxLength: 10,
        pattern: /^\d{4}-\d\d-\d\d$/,
        description:
          'Days of the time zone on which nobody is rung, such as bank holidays; those that are over do no harm.',
        example: ['2026-12-25', '2026-12-28', '2027-01-01'],
      }),
    ),
    windowSeconds: value(
      2 * DAY,
      whole(3_600, 14 * DAY, 'How long a callback stays due, from its first opening on, where its asker set no end.'),
    ),
    claimSeconds: value(600, whole(60, 3_600, 'After how long a claim lapses.')),
    attempts: value(3, whole(1, 10, 'Calls that nobody answers until the customer counts as unreachable.')),
    retrySeconds: value(
      1_800,
      whole(60, DAY, 'The wait after the first call that nobody answered; it doubles with each.'),
    ),
  }),
  signals: section('SignalsPolicyDto', 'Risk signals.', {
    windowSeconds: value(DAY, whole(3_600, 7 * DAY, 'How far back `signals` looks.')),
  }),
  coverage: section('CoveragePolicyDto', "How many of the bank's own calls should be declared.", {
    floorPercent: value(
      95,
      whole(0, 100, "The least share of the bank's own calls that should be declared, in percent."),
    ),
    marginPercent: value(
      1,
      whole(0, 20, 'By how many percentage points a share that was low must be above the floor to count as back.'),
    ),
    windowSeconds: value(DAY, whole(3_600, 30 * DAY, 'Over how long it is taken.')),
    minimumCalls: value(50, whole(1, 100_000, 'With fewer calls than this nothing is said.')),
  }),
  reports: section('ReportsPolicyDto', 'Reports by customers.', {
    perDay: value(20, whole(3, 200, 'Reports that are taken of one customer in 24 hours.')),
  }),
  campaigns: section('CampaignPolicyDto', 'When reports are a campaign.', {
    windowSeconds: value(600, whole(60, 3_600, 'How far back reports count together.')),
    minimumReach: value(
      8,
      whole(
        3,
        1_000,
        'Customers who must have reported the same thing within the window. A campaign never rests on fewer than three.',
      ),
    ),
    timesUsual: value(4, whole(1, 100, 'How many times more that must be than in a usual window of the day before.')),
    newcomerSeconds: value(
      DAY,
      whole(
        0,
        30 * DAY,
        "How long a customer must have been on file to count, where neither an agent, nor the telephone platform, nor an administrator has vouched for them: whoever holds the app's token can make customers up. 0: everybody counts at once. Also while the service has known nobody for that long.",
      ),
    ),
    quietSeconds: value(21_600, whole(600, 7 * DAY, 'A campaign that nobody reports for so long is over.')),
    sharedHosts: value(
      [],
      texts({
        maxItems: 200,
        maxLength: 253,
        description:
          "Hosts where everybody can have a page, such as a link shortener, beside those that the service knows: they say nothing about who made a page of theirs, so that only the whole link is compared. `*.pages.example` where each host right below is somebody's own.",
        example: ['go.shortener.example', '*.pages.example'],
      }),
    ),
  }),
  // A customer can dispute a change for 13 months.
  retention: section('RetentionPolicyDto', 'For how long reports, notices and call records are kept.', {
    callRecordDays: value(
      90,
      whole(31, 3_650, "Days for which the telephone system's records are kept, from when they came in."),
    ),
    noticeDays: value(
      400,
      whole(
        91,
        3_650,
        'Days for which a notice and its recipients are kept, from when it was sent. After that a check of it is `unknown`.',
      ),
    ),
    reportDays: value(400, whole(31, 3_650, 'Days for which a report is kept, and a campaign after it closed.')),
  }),
  ownAddresses: section(
    'OwnAddressesPolicyDto',
    'What leads to the bank, whichever message it stands in: no difference where a message is checked, and never part of a campaign.',
    {
      hosts: value(
        [],
        texts({
          maxItems: 100,
          maxLength: 253,
          description: 'Hosts of the bank, each with everything under it.',
          example: ['northbank.example'],
        }),
      ),
      mail: value(
        [],
        texts({
          maxItems: 100,
          maxLength: 320,
          description: 'E-mail addresses of the bank at other hosts.',
          example: ['northbank@post.example'],
        }),
      ),
      links: value(
        [],
        texts({
          maxItems: 100,
          maxLength: 2_000,
          description:
            'Pages of the bank at other hosts, and of others that stand in its messages, such as its app in a shop or its regulator.',
          example: ['https://apps.apple.com/app/northbank/id1'],
        }),
      ),
    },
  ),
  defaultCountry: value(
    'GB',
    country({ description: 'How national phone numbers are read, and the country of an address without one.' }),
  ),
  defaultLocale: value('en', locale({ description: 'Locale of customers who have none.' })),
  neverAsk: value(
    [
      'your PIN or your full password',
      'a code that we sent you, or that your app shows you',
      'to move money to a safe account',
      'to install an app or let somebody control your screen',
    ],
    texts({ maxItems: 12, maxLength: 140, description: 'What the bank never asks for, shown with every question.' }),
  ),
  ...OWN_WORDS,
};
