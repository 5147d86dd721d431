import type { Words } from './words.js';

const RING_CARD = 'Bel het nummer op de achterkant van uw pas, met een telefoon die u vertrouwt.';
const SHARE_NOTHING = 'Geef geen code, wachtwoord of pincode door, en maak geen geld over.';
const EVEN_SO = 'Toch vragen wij nooit om uw pincode, om een code, of om geld veilig te stellen.';
const HANG_UP_AND_RING = 'Hang op en bel het nummer op uw pas.';
const DO_NOT_OPEN = 'Open geen links erin, bel geen nummers eruit en betaal niet op die rekening.';
const HANG_UP_THEN_RING = 'hang dan op en bel het nummer op uw pas';

export const DUTCH: Words = {
  questions: {
    are_you_talking_to_us: 'Bent u nu met ons aan het bellen?',
    did_you_phone_us: 'Hebt u ons gebeld?',
    did_you_ask_for_this_change: 'Hebt u ons om deze wijziging gevraagd?',
  },
  reasons: {
    unavailable: 'Wij kunnen dit nu niet nagaan.',
    inbound_only_line: 'Met dit nummer bellen wij nooit.',
    customer_rang: 'U hebt zelf gebeld: wij weten niet wie opnam.',
    already_on_that_call: 'U bent al met ons aan het bellen.',
    live_call: 'Wij bellen u nu.',
    other_channel: 'Wij bellen u, maar niet op deze manier.',
    other_line: 'Wij bellen u, maar met een ander nummer.',
    someone_rang_as_you: 'Iemand praat met ons uit uw naam.',
    not_our_line: 'Dit is geen nummer van ons.',
    number_withheld: 'De beller verbergt zijn nummer.',
    no_live_call: 'Wij bellen u niet.',
    they_called_me: 'Ik werd gebeld',
    not_on_a_call: 'Ik ben niet aan het bellen',
    not_me: 'Dat was ik niet',
    not_what_i_asked: 'Ik vroeg om iets anders',
    pressured: 'Iemand zet mij onder druk',
  },
  findings: {
    relay_suspected: 'Misschien praat iemand anders uit naam van de klant.',
    handset_mismatch: 'De telefoon zegt iets anders over zijn gesprek.',
    other_channel: 'De telefoon is in gesprek via een app, en de bank belde anders.',
    new_device: 'Het toestel is nieuw.',
    new_contact: 'Een bekend telefoonnummer is nieuw.',
  },
  references: {
    call_relay: 'Vertrouw dit gesprek niet. Hang op en bel het nummer op uw pas.',
    call_inbound:
      'Dit hoort bij een gesprek waarin iemand de bank belde. De bank belde u niet: gaf een beller u dit kenmerk, hang dan op.',
    call_live: 'De bank belt u, en het gesprek is nu bezig.',
    call_ended: `De bank belde u, en het gesprek is voorbij. Praat er nog iemand met u, ${HANG_UP_THEN_RING}.`,
    callback_open: `De bank belt u terug onder dit kenmerk. Uw app laat zien wanneer en bevestigt het gesprek; zo niet, ${HANG_UP_THEN_RING}.`,
    callback_done: `Dit terugbelverzoek is klaar. Belt iemand u er nu nog over, ${HANG_UP_THEN_RING}.`,
    change_held:
      'Er is om een wijziging van gegevens gevraagd. Er is nog niets gewijzigd. Was u dat niet, zeg het dan nu: dan weigeren wij het.',
    change_released:
      'Een wijziging van gegevens is bevestigd en gedaan. Was u dat niet, zeg het dan nu: u kunt nog bezwaar maken.',
    change_refused: 'Er is om een wijziging van gegevens gevraagd en die is geweigerd: er is niets gewijzigd.',
    change_withdrawn: 'Er is om een wijziging van gegevens gevraagd en die is ingetrokken: er is niets gewijzigd.',
    change_expired: 'Een wijziging van gegevens is niet op tijd bevestigd: er is niets gewijzigd.',
    change_disputed: 'Er is bezwaar gemaakt tegen een wijziging van gegevens. De bank zoekt het uit.',
    report: `Een klant meldde iets aan de bank onder dit kenmerk. Het bewijst niets over een beller of een bericht: gaf iemand het u als bewijs, ${HANG_UP_THEN_RING}.`,
    notice_sent:
      'De bank stuurde {channel} onder dit kenmerk: {summary} Een kenmerk kan worden gekopieerd: bekijk de tekst en de links in uw app voordat u iets doet.',
    notice_scheduled:
      'De bank gaat {channel} sturen onder dit kenmerk: {summary} Een kenmerk kan worden gekopieerd: bekijk de tekst en de links in uw app voordat u iets doet.',
    channel_sms: 'een sms',
    channel_email: 'een e-mail',
    channel_letter: 'een brief',
    channel_app: 'een bericht in de app',
  },
  advice: {
    call_is_genuine: {
      headline: 'Dit gesprek is van uw bank.',
      steps: ['De beller moet de naam noemen die hier staat.', EVEN_SO],
    },
    hang_up: { headline: 'Dit is niet uw bank. Hang nu op.', steps: ['Hang op.', SHARE_NOTHING, RING_CARD] },
    hang_up_and_ring_card_number: {
      headline: 'Wij kunnen niet bevestigen dat dit uw bank is.',
      steps: [HANG_UP_AND_RING, SHARE_NOTHING],
    },
    unknown_caller: {
      headline: 'Wij kennen deze beller niet.',
      steps: [
        'U kunt opnemen of het laten gaan.',
        'Zegt de beller dat hij uw bank is, hang dan op en bel het nummer op uw pas.',
        SHARE_NOTHING,
      ],
    },
    already_on_that_call: {
      headline: 'U bent al met ons aan het bellen. Wij kennen deze tweede beller niet.',
      steps: [
        'Laat het gaan, en ga door met het gesprek dat u hebt bevestigd.',
        'Zegt de tweede beller dat hij uw bank is, hang dan op en bel het nummer op uw pas.',
        SHARE_NOTHING,
      ],
    },
    you_rang: {
      headline: 'Uw telefoon zegt dat u zelf belde: wij weten niet wie opnam.',
      steps: [
        'Kijk of u het nummer op uw pas hebt gebeld.',
        'Bent u niet zeker, hang dan op en bel het nummer op uw pas.',
      ],
    },
    confirmed: {
      headline: 'Bevestigd. U praat met uw bank.',
      steps: ['U kunt doorgaan met het gesprek.', EVEN_SO],
    },
    not_confirmed: {
      headline: 'Dank u. Wij hebben de bank gezegd dat dit niet klopt.',
      steps: ['Hang op als u aan het bellen bent.', SHARE_NOTHING, RING_CARD],
    },
    someone_rang_as_you: {
      headline: 'Iemand praat met uw bank uit uw naam. Hang nu op.',
      steps: ['Hang op: wie u belde, is niet uw bank.', SHARE_NOTHING, RING_CARD],
    },
    try_code_again: {
      headline: 'Dat is niet de code.',
      steps: [
        'Vraag de beller de zes cijfers nog eens voor te lezen, en typ wat u hoort.',
        'Klopt het weer niet, hang dan op en bel het nummer op uw pas.',
      ],
    },
    report_received: {
      headline: 'Dank u. Uw melding helpt ons dit te stoppen.',
      steps: ['Antwoord niet, en bel geen nummer dat u kreeg.', SHARE_NOTHING, RING_CARD],
    },
    money_sent: {
      headline: 'Bel ons nu over het geld dat u overmaakte.',
      steps: [
        'Bel meteen het nummer op de achterkant van uw pas: hoe eerder wij het weten, hoe meer wij kunnen stoppen.',
        'Maak niets meer over, wat ze ook zeggen.',
        'Doe aangifte bij de politie, en bewaar alle berichten.',
      ],
    },
    remote_access: {
      headline: 'Misschien bestuurt iemand uw toestel. Haal het nu van internet.',
      steps: [
        'Zet op dat toestel wifi en mobiele data uit, en bankier er niet mee.',
        'Bel het nummer op de achterkant van uw pas met een andere telefoon.',
        'Verwijder wat u moest installeren, of laat het toestel nakijken, voordat u het weer gebruikt.',
      ],
    },
    code_shared: {
      headline: 'De code die u gaf, kan meteen worden gebruikt. Bel ons nu.',
      steps: [
        'Bel meteen het nummer op de achterkant van uw pas.',
        'Geef geen code meer door: elke code kan een betaling of een nieuw toestel toestaan.',
        'Zoek in uw app naar betalingen en toestellen die u niet kent.',
      ],
    },
    password_shared: {
      headline: 'Verander nu wat u doorgaf, in de app of bij ons.',
      steps: [
        'Verander uw wachtwoord of pincode, op een toestel dat u vertrouwt.',
        'Verander het overal waar u hetzelfde gebruikt.',
        RING_CARD,
      ],
    },
    card_shared: {
      headline: 'Blokkeer nu uw pas.',
      steps: [
        'Blokkeer uw pas in de app, of bel het nummer op de achterkant.',
        'Zoek naar betalingen die u niet kent, en meld ze ons.',
      ],
    },
    details_shared: {
      headline: 'Er kunnen meer bellers komen die u lijken te kennen.',
      steps: ['Wie uw gegevens kent, is daarom nog niet uw bank.', SHARE_NOTHING, RING_CARD],
    },
    campaign_number: {
      headline: 'Pas op: {customers} klanten meldden gesprekken van dit nummer, de eerste {day}.',
      steps: [HANG_UP_AND_RING],
    },
    campaign_report: {
      headline: 'U bent niet de enige: {customers} klanten meldden dit, de eerste {day}.',
      steps: [HANG_UP_AND_RING],
    },
    locked: {
      headline: 'Te veel foute codes. Hang nu op.',
      steps: ['Hang op.', 'Wij hebben deze vragen geblokkeerd om u te beschermen.', RING_CARD],
    },
    notice_is_genuine: { headline: 'Dit bericht is van ons.', steps: [EVEN_SO] },
    notice_reference_only: {
      headline: 'Wij stuurden u een bericht onder dit kenmerk.',
      steps: [
        'Vergelijk uw bericht met de samenvatting hier: een kenmerk kan worden gekopieerd.',
        'Plak voor de zekerheid het hele bericht, met de links.',
      ],
    },
    notice_altered: {
      headline: 'Dit is een veranderde kopie van een bericht van ons. Doe er niets mee.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_not_ours: {
      headline: 'Dit is niet van ons. Doe er niets mee.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_unknown: {
      headline: 'Wij kunnen niet bevestigen dat dit van ons is.',
      steps: ['Doe niets tot u het weet: bel het nummer op uw pas en vraag het.', SHARE_NOTHING],
    },
    notice_incomplete: {
      headline: 'Dat is niet genoeg om het te weten.',
      steps: ['Plak het hele bericht, met de links.', 'Doe er tot dan niets mee.', SHARE_NOTHING],
    },
  },
  neverAsk: [
    'uw pincode of uw hele wachtwoord',
    'een code die wij u stuurden of die uw app laat zien',
    'geld over te maken naar een ‘veilige’ rekening',
    'een app te installeren of iemand uw scherm te laten besturen',
  ],
};
