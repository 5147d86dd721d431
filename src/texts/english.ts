import type { Words } from './words.js';

const RING_CARD = 'Ring the number on the back of your card, from a phone you trust.';
const SHARE_NOTHING = 'Do not share a code, a password or a PIN, and do not move money.';
const EVEN_SO = 'Even so, we never ask for your PIN, for a code, or to move money to keep it safe.';
const HANG_UP_AND_RING = 'Hang up and ring the number on your card.';
const DO_NOT_OPEN = 'Do not open its links, ring its numbers or pay into its account.';
const HANG_UP_THEN_RING = 'hang up, and ring the number on your card';

export const ENGLISH: Words = {
  questions: {
    are_you_talking_to_us: 'Are you on the phone with us now?',
    did_you_phone_us: 'Did you phone us?',
    did_you_ask_for_this_change: 'Did you ask us for this change?',
  },
  reasons: {
    unavailable: 'We cannot check this right now.',
    inbound_only_line: 'We never call from this number.',
    customer_rang: 'You placed this call, so we cannot say who answered.',
    already_on_that_call: 'You are on the phone with us already.',
    live_call: 'We are calling you now.',
    other_channel: 'We are calling you, but not in this way.',
    other_line: 'We are calling you, but from another number.',
    someone_rang_as_you: 'Somebody is talking to us in your name.',
    not_our_line: 'This is not one of our numbers.',
    number_withheld: 'The caller hides their number.',
    no_live_call: 'We are not calling you.',
    they_called_me: 'They called me',
    not_on_a_call: 'I am not on a call',
    not_me: 'That was not me',
    not_what_i_asked: 'I asked for something else',
    pressured: 'Somebody is pushing me',
  },
  findings: {
    relay_suspected: 'Somebody else may be on the line in the name of the customer.',
    handset_mismatch: 'The phone says something else about its call.',
    other_channel: 'The phone is in a call of some app, and the bank called another way.',
    new_device: 'The device is new.',
    new_contact: 'A phone number on file is new.',
  },
  references: {
    call_relay: 'Do not trust this call. Hang up, and ring the number on your card.',
    call_inbound:
      'This stands for a call that somebody placed to the bank. The bank did not call you: if somebody called you and gave this reference, hang up.',
    call_live: 'The bank placed this call, and it is going on now.',
    call_ended: `The bank placed this call, and it has ended. If somebody is still talking to you, ${HANG_UP_THEN_RING}.`,
    callback_open: `The bank owes a callback under this reference. Your app shows when, and confirms the call when it comes; if it does not, ${HANG_UP_THEN_RING}.`,
    callback_done: `This callback is done with. If somebody calls you about it now, ${HANG_UP_THEN_RING}.`,
    change_held:
      'A change of details was asked for and is held: nothing has been changed yet. If you did not ask for it, say so now, and it is refused.',
    change_released:
      'A change of details was confirmed and made. If you did not ask for it, say so now: it can still be disputed.',
    change_refused: 'A change of details was asked for and refused: nothing was changed.',
    change_withdrawn: 'A change of details was asked for and taken back: nothing was changed.',
    change_expired: 'A change of details was asked for and not confirmed in time: nothing was changed.',
    change_disputed: 'A change of details was made and is disputed. The bank is looking into it.',
    report: `A customer reported something to the bank under this reference. It proves nothing about a caller or a message: if somebody gave it to you as proof, ${HANG_UP_THEN_RING}.`,
    notice_sent:
      'The bank sent {channel} under this reference: {summary} A reference can be copied, so check the wording and the links in your app before you act on it.',
    notice_scheduled:
      'The bank is going to send {channel} under this reference: {summary} A reference can be copied, so check the wording and the links in your app before you act on it.',
    channel_sms: 'a text message',
    channel_email: 'an e-mail',
    channel_letter: 'a letter',
    channel_app: 'a message in the app',
  },
  advice: {
    call_is_genuine: {
      headline: 'This call is from your bank.',
      steps: ['The caller should give the name shown here.', EVEN_SO],
    },
    hang_up: { headline: 'This is not your bank. Hang up now.', steps: ['Hang up.', SHARE_NOTHING, RING_CARD] },
    hang_up_and_ring_card_number: {
      headline: 'We cannot confirm that this is your bank.',
      steps: [HANG_UP_AND_RING, SHARE_NOTHING],
    },
    unknown_caller: {
      headline: 'We do not know this caller.',
      steps: [
        'You can answer, or leave it.',
        'If they say that they are your bank, hang up and ring the number on your card.',
        SHARE_NOTHING,
      ],
    },
    already_on_that_call: {
      headline: 'You are on the phone with us already. We do not know this second caller.',
      steps: [
        'You can leave it, and go on with the call that you confirmed.',
        'If the second caller says that they are your bank, hang up and ring the number on your card.',
        SHARE_NOTHING,
      ],
    },
    you_rang: {
      headline: 'Your phone says that you placed this call, so we cannot vouch for who answered.',
      steps: [
        'Check that the number you rang is the one on your card.',
        'If you are not sure, hang up and ring the number on your card.',
      ],
    },
    confirmed: {
      headline: 'Confirmed. You are talking to your bank.',
      steps: ['You can go on with the call.', EVEN_SO],
    },
    not_confirmed: {
      headline: 'Thank you. We have told the bank that this is not right.',
      steps: ['Hang up if you are on a call.', SHARE_NOTHING, RING_CARD],
    },
    someone_rang_as_you: {
      headline: 'Somebody is talking to your bank in your name. Hang up now.',
      steps: ['Hang up: whoever called you is not your bank.', SHARE_NOTHING, RING_CARD],
    },
    try_code_again: {
      headline: 'That is not the code.',
      steps: [
        'Ask the caller to read the six digits again, and type what you hear.',
        'If it does not match again, hang up and ring the number on your card.',
      ],
    },
    report_received: {
      headline: 'Thank you. Your report helps us to stop this.',
      steps: ['Do not answer, and do not ring a number that was given to you.', SHARE_NOTHING, RING_CARD],
    },
    money_sent: {
      headline: 'Ring us now about the money that you sent.',
      steps: [
        'Ring the number on the back of your card at once: the sooner we know, the more we can stop.',
        'Send nothing more, whatever they say.',
        'Report it to the police, and keep every message.',
      ],
    },
    remote_access: {
      headline: 'Somebody may control your device. Disconnect it now.',
      steps: [
        'Turn off Wi-Fi and mobile data on that device, and do not bank on it.',
        'Ring the number on the back of your card from another phone.',
        'Remove what they had you install, or have the device checked, before you use it again.',
      ],
    },
    code_shared: {
      headline: 'The code that you shared may be used at once. Ring us now.',
      steps: [
        'Ring the number on the back of your card at once.',
        'Share no further code: each can allow a payment or a new device.',
        'Look in your app for payments and devices that you do not know.',
      ],
    },
    password_shared: {
      headline: 'Change what you shared now, in the app or with us.',
      steps: [
        'Change your password or PIN, on a device that you trust.',
        'Change it wherever else you use the same one.',
        RING_CARD,
      ],
    },
    card_shared: {
      headline: 'Block your card now.',
      steps: [
        'Block your card in the app, or ring the number on the back of it.',
        'Look for payments that you do not know, and tell us of them.',
      ],
    },
    details_shared: {
      headline: 'Expect more calls that seem to know you.',
      steps: ['Whoever knows your details is not your bank for that reason.', SHARE_NOTHING, RING_CARD],
    },
    campaign_number: {
      headline: 'Beware: {customers} customers have reported calls from this number, the first {day}.',
      steps: [HANG_UP_AND_RING],
    },
    campaign_report: {
      headline: 'You are not alone: {customers} customers have reported this, the first {day}.',
      steps: [HANG_UP_AND_RING],
    },
    locked: {
      headline: 'Too many wrong codes. Hang up now.',
      steps: ['Hang up.', 'We have locked these checks to protect you.', RING_CARD],
    },
    notice_is_genuine: { headline: 'We sent you this message.', steps: [EVEN_SO] },
    notice_reference_only: {
      headline: 'We sent you a message under this reference.',
      steps: [
        'Compare what you have with the summary shown here: a reference can be copied.',
        'To be sure, paste the whole message, with its links.',
      ],
    },
    notice_altered: {
      headline: 'This is a changed copy of a message from us. Do not act on it.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_not_ours: {
      headline: 'We did not send this. Do not act on it.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_unknown: {
      headline: 'We cannot confirm that we sent this.',
      steps: ['Do not act on it until you know: ring the number on your card and ask.', SHARE_NOTHING],
    },
    notice_incomplete: {
      headline: 'That is not enough to tell.',
      steps: ['Paste the whole message, with its links.', 'Until then do not act on it.', SHARE_NOTHING],
    },
  },
  neverAsk: [
    'your PIN or your full password',
    'a code that we sent you, or that your app shows you',
    'to move money to a safe account',
    'to install an app or let somebody control your screen',
  ],
};
