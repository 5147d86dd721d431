import type { Words } from './words.js';

const RING_CARD = 'Rufen Sie die Nummer auf der Rückseite Ihrer Karte an, mit einem Telefon, dem Sie vertrauen.';
const SHARE_NOTHING = 'Geben Sie keinen Code, kein Passwort und keine PIN weiter, und überweisen Sie kein Geld.';
const EVEN_SO =
  'Trotzdem: Wir fragen nie nach Ihrer PIN oder einem Code, und nie sollen Sie Geld „in Sicherheit“ bringen.';
const HANG_UP_AND_RING = 'Legen Sie auf und rufen Sie die Nummer auf Ihrer Karte an.';
const DO_NOT_OPEN = 'Öffnen Sie keine Links darin, rufen Sie keine Nummer daraus an, zahlen Sie nicht auf das Konto.';
const HANG_UP_THEN_RING = 'legen Sie auf und rufen Sie die Nummer auf Ihrer Karte an';

export const GERMAN: Words = {
  questions: {
    are_you_talking_to_us: 'Telefonieren Sie gerade mit uns?',
    did_you_phone_us: 'Haben Sie uns angerufen?',
    did_you_ask_for_this_change: 'Haben Sie uns um diese Änderung gebeten?',
  },
  reasons: {
    unavailable: 'Wir können das gerade nicht prüfen.',
    inbound_only_line: 'Von dieser Nummer rufen wir nie an.',
    customer_rang: 'Sie haben selbst angerufen. Wir wissen nicht, wer abgehoben hat.',
    already_on_that_call: 'Sie telefonieren schon mit uns.',
    live_call: 'Wir rufen Sie gerade an.',
    other_channel: 'Wir rufen Sie an, aber nicht auf diesem Weg.',
    other_line: 'Wir rufen Sie an, aber von einer anderen Nummer.',
    someone_rang_as_you: 'Jemand spricht in Ihrem Namen mit uns.',
    not_our_line: 'Das ist keine unserer Nummern.',
    number_withheld: 'Der Anrufer zeigt seine Nummer nicht.',
    no_live_call: 'Wir rufen Sie nicht an.',
    they_called_me: 'Ich wurde angerufen',
    not_on_a_call: 'Ich telefoniere nicht',
    not_me: 'Das war ich nicht',
    not_what_i_asked: 'Ich wollte etwas anderes',
    pressured: 'Jemand setzt mich unter Druck',
  },
  findings: {
    relay_suspected: 'Vielleicht spricht jemand anders im Namen des Kunden.',
    handset_mismatch: 'Das Telefon sagt etwas anderes über seinen Anruf.',
    other_channel: 'Das Telefon ist in einem Anruf über eine App, und die Bank rief anders an.',
    new_device: 'Das Gerät ist neu.',
    new_contact: 'Eine hinterlegte Telefonnummer ist neu.',
  },
  references: {
    call_relay: 'Trauen Sie diesem Anruf nicht. Legen Sie auf und rufen Sie die Nummer auf Ihrer Karte an.',
    call_inbound:
      'Das steht für einen Anruf bei der Bank. Die Bank hat Sie nicht angerufen: Wenn ein Anrufer Ihnen diese Nummer nannte, legen Sie auf.',
    call_live: 'Die Bank hat diesen Anruf begonnen, und er läuft noch.',
    call_ended: `Die Bank hat diesen Anruf begonnen, und er ist zu Ende. Wenn noch jemand mit Ihnen spricht, ${HANG_UP_THEN_RING}.`,
    callback_open: `Die Bank ruft Sie zu dieser Nummer zurück. Ihre App zeigt, wann, und bestätigt den Anruf; wenn nicht, ${HANG_UP_THEN_RING}.`,
    callback_done: `Dieser Rückruf ist erledigt. Wenn jetzt jemand deswegen anruft, ${HANG_UP_THEN_RING}.`,
    change_held:
      'Jemand hat eine Änderung von Daten verlangt. Noch ist nichts geändert. Wenn Sie das nicht waren, sagen Sie es jetzt: Dann lehnen wir sie ab.',
    change_released:
      'Eine Änderung von Daten wurde bestätigt und ausgeführt. Wenn Sie das nicht wollten, sagen Sie es jetzt: Sie können noch widersprechen.',
    change_refused: 'Eine Änderung von Daten wurde verlangt und abgelehnt: Nichts wurde geändert.',
    change_withdrawn: 'Eine Änderung von Daten wurde verlangt und zurückgenommen: Nichts wurde geändert.',
    change_expired: 'Eine Änderung von Daten wurde nicht rechtzeitig bestätigt: Nichts wurde geändert.',
    change_disputed: 'Einer Änderung von Daten wurde widersprochen. Die Bank geht dem nach.',
    report: `Ein Kunde hat der Bank unter dieser Nummer etwas gemeldet. Das beweist nichts über einen Anrufer oder eine Nachricht: Wenn jemand sie Ihnen als Beweis nannte, ${HANG_UP_THEN_RING}.`,
    notice_sent:
      'Die Bank hat unter dieser Nummer {channel} geschickt: {summary} Eine Nummer kann kopiert werden. Prüfen Sie Text und Links in Ihrer App, bevor Sie etwas tun.',
    notice_scheduled:
      'Die Bank wird unter dieser Nummer {channel} schicken: {summary} Eine Nummer kann kopiert werden. Prüfen Sie Text und Links in Ihrer App, bevor Sie etwas tun.',
    channel_sms: 'eine SMS',
    channel_email: 'eine E-Mail',
    channel_letter: 'einen Brief',
    channel_app: 'eine Nachricht in der App',
  },
  advice: {
    call_is_genuine: {
      headline: 'Dieser Anruf ist von Ihrer Bank.',
      steps: ['Der Anrufer sollte den Namen nennen, der hier steht.', EVEN_SO],
    },
    hang_up: {
      headline: 'Das ist nicht Ihre Bank. Legen Sie jetzt auf.',
      steps: ['Legen Sie auf.', SHARE_NOTHING, RING_CARD],
    },
    hang_up_and_ring_card_number: {
      headline: 'Wir können nicht bestätigen, dass das Ihre Bank ist.',
      steps: [HANG_UP_AND_RING, SHARE_NOTHING],
    },
    unknown_caller: {
      headline: 'Wir kennen diesen Anrufer nicht.',
      steps: [
        'Sie können abheben oder es lassen.',
        'Wenn er sagt, er sei Ihre Bank: auflegen und die Nummer auf Ihrer Karte anrufen.',
        SHARE_NOTHING,
      ],
    },
    already_on_that_call: {
      headline: 'Sie telefonieren schon mit uns. Den zweiten Anrufer kennen wir nicht.',
      steps: [
        'Lassen Sie es klingeln und bleiben Sie in dem Anruf, den Sie bestätigt haben.',
        'Wenn der zweite Anrufer sagt, er sei Ihre Bank: auflegen und die Nummer auf Ihrer Karte anrufen.',
        SHARE_NOTHING,
      ],
    },
    you_rang: {
      headline: 'Ihr Telefon sagt, dass Sie angerufen haben. Wir wissen nicht, wer abgehoben hat.',
      steps: [
        'Prüfen Sie, ob Sie die Nummer auf Ihrer Karte gewählt haben.',
        'Wenn Sie nicht sicher sind: auflegen und die Nummer auf Ihrer Karte anrufen.',
      ],
    },
    confirmed: {
      headline: 'Bestätigt. Sie sprechen mit Ihrer Bank.',
      steps: ['Sie können weitersprechen.', EVEN_SO],
    },
    not_confirmed: {
      headline: 'Danke. Wir haben der Bank gesagt, dass hier etwas nicht stimmt.',
      steps: ['Legen Sie auf, wenn Sie telefonieren.', SHARE_NOTHING, RING_CARD],
    },
    someone_rang_as_you: {
      headline: 'Jemand spricht in Ihrem Namen mit Ihrer Bank. Legen Sie jetzt auf.',
      steps: ['Legen Sie auf: Wer Sie angerufen hat, ist nicht Ihre Bank.', SHARE_NOTHING, RING_CARD],
    },
    try_code_again: {
      headline: 'Das ist nicht der Code.',
      steps: [
        'Bitten Sie den Anrufer, die sechs Ziffern noch einmal vorzulesen, und tippen Sie, was Sie hören.',
        'Wenn es wieder nicht passt: auflegen und die Nummer auf Ihrer Karte anrufen.',
      ],
    },
    report_received: {
      headline: 'Danke. Ihre Meldung hilft uns, das zu stoppen.',
      steps: ['Antworten Sie nicht und rufen Sie keine Nummer an, die man Ihnen gab.', SHARE_NOTHING, RING_CARD],
    },
    money_sent: {
      headline: 'Rufen Sie uns jetzt an wegen des Geldes, das Sie geschickt haben.',
      steps: [
        'Rufen Sie sofort die Nummer auf der Rückseite Ihrer Karte an: Je früher wir es wissen, desto mehr können wir stoppen.',
        'Schicken Sie nichts mehr, egal was man Ihnen sagt.',
        'Gehen Sie zur Polizei und heben Sie alle Nachrichten auf.',
      ],
    },
    remote_access: {
      headline: 'Vielleicht steuert jemand Ihr Gerät. Trennen Sie es jetzt vom Netz.',
      steps: [
        'Schalten Sie dort WLAN und mobile Daten aus, und machen Sie damit kein Banking.',
        'Rufen Sie von einem anderen Telefon die Nummer auf der Rückseite Ihrer Karte an.',
        'Löschen Sie, was Sie installieren sollten, oder lassen Sie das Gerät prüfen, bevor Sie es wieder benutzen.',
      ],
    },
    code_shared: {
      headline: 'Ihr Code kann sofort benutzt werden. Rufen Sie uns jetzt an.',
      steps: [
        'Rufen Sie sofort die Nummer auf der Rückseite Ihrer Karte an.',
        'Geben Sie keinen weiteren Code weiter: Jeder kann eine Zahlung oder ein neues Gerät erlauben.',
        'Suchen Sie in Ihrer App nach Zahlungen und Geräten, die Sie nicht kennen.',
      ],
    },
    password_shared: {
      headline: 'Ändern Sie jetzt, was Sie weitergegeben haben, in der App oder bei uns.',
      steps: [
        'Ändern Sie Passwort oder PIN auf einem Gerät, dem Sie vertrauen.',
        'Ändern Sie es überall, wo Sie dasselbe benutzen.',
        RING_CARD,
      ],
    },
    card_shared: {
      headline: 'Sperren Sie jetzt Ihre Karte.',
      steps: [
        'Sperren Sie Ihre Karte in der App oder rufen Sie die Nummer auf der Rückseite an.',
        'Suchen Sie nach Zahlungen, die Sie nicht kennen, und melden Sie sie uns.',
      ],
    },
    details_shared: {
      headline: 'Es können weitere Anrufer kommen, die Sie zu kennen scheinen.',
      steps: ['Wer Ihre Daten kennt, ist deshalb nicht Ihre Bank.', SHARE_NOTHING, RING_CARD],
    },
    campaign_number: {
      headline: 'Vorsicht: {customers} Kunden haben Anrufe von dieser Nummer gemeldet, zuerst {day}.',
      steps: [HANG_UP_AND_RING],
    },
    campaign_report: {
      headline: 'Sie sind nicht allein: {customers} Kunden haben das gemeldet, zuerst {day}.',
      steps: [HANG_UP_AND_RING],
    },
    locked: {
      headline: 'Zu viele falsche Codes. Legen Sie jetzt auf.',
      steps: ['Legen Sie auf.', 'Zu Ihrem Schutz haben wir diese Abfragen gesperrt.', RING_CARD],
    },
    notice_is_genuine: { headline: 'Diese Nachricht ist von uns.', steps: [EVEN_SO] },
    notice_reference_only: {
      headline: 'Unter dieser Nummer haben wir Ihnen eine Nachricht geschickt.',
      steps: [
        'Vergleichen Sie Ihre Nachricht mit dem Text hier: Eine Nummer kann kopiert werden.',
        'Um sicher zu sein, fügen Sie die ganze Nachricht mit ihren Links ein.',
      ],
    },
    notice_altered: {
      headline: 'Jemand hat eine Nachricht von uns verändert. Tun Sie nichts davon.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_not_ours: {
      headline: 'Das ist nicht von uns. Tun Sie nichts davon.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_unknown: {
      headline: 'Wir können nicht bestätigen, dass das von uns ist.',
      steps: [
        'Tun Sie nichts, bis Sie es wissen: Rufen Sie die Nummer auf Ihrer Karte an und fragen Sie.',
        SHARE_NOTHING,
      ],
    },
    notice_incomplete: {
      headline: 'Das reicht noch nicht.',
      steps: ['Fügen Sie die ganze Nachricht mit ihren Links ein.', 'Tun Sie bis dahin nichts davon.', SHARE_NOTHING],
    },
  },
  neverAsk: [
    'Ihre PIN oder Ihr ganzes Passwort',
    'einen Code, den wir Ihnen schickten oder den Ihre App zeigt',
    'Geld auf ein „sicheres“ Konto zu überweisen',
    'eine App zu installieren oder jemanden Ihren Bildschirm steuern zu lassen',
  ],
};
