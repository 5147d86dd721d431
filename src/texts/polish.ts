import type { Words } from './words.js';

const RING_CARD = 'Zadzwoń pod numer z tyłu karty, z telefonu, któremu ufasz.';
const SHARE_NOTHING = 'Nie podawaj kodu, hasła ani PIN-u i nie przelewaj pieniędzy.';
const EVEN_SO = 'Mimo to nigdy nie prosimy o PIN, o kod ani o przelew „dla bezpieczeństwa”.';
const HANG_UP_AND_RING = 'Rozłącz się i zadzwoń pod numer z karty.';
const DO_NOT_OPEN = 'Nie otwieraj linków, nie dzwoń pod podane numery i nie wpłacaj na podane konto.';
const HANG_UP_THEN_RING = 'rozłącz się i zadzwoń pod numer z karty';

export const POLISH: Words = {
  questions: {
    are_you_talking_to_us: 'Czy rozmawiasz teraz z nami przez telefon?',
    did_you_phone_us: 'Czy to Ty do nas dzwonisz?',
    did_you_ask_for_this_change: 'Czy to Ty prosisz nas o tę zmianę?',
  },
  reasons: {
    unavailable: 'Teraz nie możemy tego sprawdzić.',
    inbound_only_line: 'Nigdy nie dzwonimy z tego numeru.',
    customer_rang: 'To Ty dzwonisz: nie wiemy, kto odebrał.',
    already_on_that_call: 'Już z nami rozmawiasz.',
    live_call: 'Właśnie do Ciebie dzwonimy.',
    other_channel: 'Dzwonimy do Ciebie, ale nie w ten sposób.',
    other_line: 'Dzwonimy do Ciebie, ale z innego numeru.',
    someone_rang_as_you: 'Ktoś rozmawia z nami w Twoim imieniu.',
    not_our_line: 'To nie jest nasz numer.',
    number_withheld: 'Dzwoniący ukrywa numer.',
    no_live_call: 'Nie dzwonimy do Ciebie.',
    they_called_me: 'To do mnie ktoś zadzwonił',
    not_on_a_call: 'Nie rozmawiam przez telefon',
    not_me: 'To nie ja',
    not_what_i_asked: 'Proszę o coś innego',
    pressured: 'Ktoś na mnie naciska',
  },
  findings: {
    relay_suspected: 'Być może ktoś inny rozmawia w imieniu klienta.',
    handset_mismatch: 'Telefon mówi o swojej rozmowie coś innego.',
    other_channel: 'W telefonie trwa rozmowa w aplikacji, a bank dzwonił inaczej.',
    new_device: 'Urządzenie jest nowe.',
    new_contact: 'Zapisany numer telefonu jest nowy.',
  },
  references: {
    call_relay: 'Nie ufaj tej rozmowie. Rozłącz się i zadzwoń pod numer z karty.',
    call_inbound:
      'To rozmowa, w której ktoś zadzwonił do banku. Bank do Ciebie nie dzwonił: jeśli ktoś zadzwonił i podał ten numer sprawy, rozłącz się.',
    call_live: 'To bank dzwoni, a rozmowa trwa.',
    call_ended: `To bank dzwonił, a rozmowa się skończyła. Jeśli ktoś nadal z Tobą rozmawia, ${HANG_UP_THEN_RING}.`,
    callback_open: `Bank ma do Ciebie oddzwonić pod tym numerem sprawy. Aplikacja pokaże kiedy i potwierdzi rozmowę; jeśli nie, ${HANG_UP_THEN_RING}.`,
    callback_done: `To oddzwonienie jest już załatwione. Jeśli ktoś teraz dzwoni w tej sprawie, ${HANG_UP_THEN_RING}.`,
    change_held:
      'Ktoś poprosił o zmianę danych. Nic jeszcze nie zmieniono. Jeśli to nie Ty, powiedz to teraz, a odmówimy.',
    change_released:
      'Zmianę danych potwierdzono i zrobiono. Jeśli to nie Ty, powiedz to teraz: można ją jeszcze podważyć.',
    change_refused: 'Ktoś poprosił o zmianę danych i odmówiono: nic nie zmieniono.',
    change_withdrawn: 'Prośbę o zmianę danych wycofano: nic nie zmieniono.',
    change_expired: 'Zmiany danych nie potwierdzono na czas: nic nie zmieniono.',
    change_disputed: 'Zmianę danych podważono. Bank to sprawdza.',
    report: `Klient zgłosił coś bankowi pod tym numerem sprawy. To niczego nie dowodzi o dzwoniącym ani o wiadomości: jeśli ktoś podał go jako dowód, ${HANG_UP_THEN_RING}.`,
    notice_sent:
      'Bank wysłał {channel} pod tym numerem sprawy: {summary} Numer można skopiować: zanim coś zrobisz, sprawdź treść i linki w aplikacji.',
    notice_scheduled:
      'Bank wyśle {channel} pod tym numerem sprawy: {summary} Numer można skopiować: zanim coś zrobisz, sprawdź treść i linki w aplikacji.',
    channel_sms: 'SMS',
    channel_email: 'e-mail',
    channel_letter: 'list',
    channel_app: 'wiadomość w aplikacji',
  },
  advice: {
    call_is_genuine: {
      headline: 'To dzwoni Twój bank.',
      steps: ['Dzwoniący powinien podać imię i nazwisko, które tu widzisz.', EVEN_SO],
    },
    hang_up: {
      headline: 'To nie jest Twój bank. Rozłącz się teraz.',
      steps: ['Rozłącz się.', SHARE_NOTHING, RING_CARD],
    },
    hang_up_and_ring_card_number: {
      headline: 'Nie możemy potwierdzić, że to Twój bank.',
      steps: [HANG_UP_AND_RING, SHARE_NOTHING],
    },
    unknown_caller: {
      headline: 'Nie znamy tego dzwoniącego.',
      steps: [
        'Możesz odebrać albo nie.',
        'Jeśli mówi, że jest z banku, rozłącz się i zadzwoń pod numer z karty.',
        SHARE_NOTHING,
      ],
    },
    already_on_that_call: {
      headline: 'Już z nami rozmawiasz. Nie znamy drugiego dzwoniącego.',
      steps: [
        'Nie odbieraj i wróć do rozmowy, którą potwierdzono.',
        'Jeśli drugi dzwoniący mówi, że jest z banku, rozłącz się i zadzwoń pod numer z karty.',
        SHARE_NOTHING,
      ],
    },
    you_rang: {
      headline: 'Telefon mówi, że to Ty dzwonisz: nie wiemy, kto odebrał.',
      steps: [
        'Sprawdź, czy to numer z Twojej karty.',
        'Jeśli nie masz pewności, rozłącz się i zadzwoń pod numer z karty.',
      ],
    },
    confirmed: {
      headline: 'Potwierdzone. Rozmawiasz ze swoim bankiem.',
      steps: ['Możesz rozmawiać dalej.', EVEN_SO],
    },
    not_confirmed: {
      headline: 'Dziękujemy. Bank już wie, że coś jest nie tak.',
      steps: ['Rozłącz się, jeśli rozmawiasz.', SHARE_NOTHING, RING_CARD],
    },
    someone_rang_as_you: {
      headline: 'Ktoś rozmawia z bankiem w Twoim imieniu. Rozłącz się teraz.',
      steps: ['Rozłącz się: to nie bank do Ciebie zadzwonił.', SHARE_NOTHING, RING_CARD],
    },
    try_code_again: {
      headline: 'To nie ten kod.',
      steps: [
        'Poproś dzwoniącego, by jeszcze raz przeczytał sześć cyfr, i wpisz to, co słyszysz.',
        'Jeśli znów się nie zgadza, rozłącz się i zadzwoń pod numer z karty.',
      ],
    },
    report_received: {
      headline: 'Dziękujemy. Twoje zgłoszenie pomaga nam to zatrzymać.',
      steps: ['Nie odpowiadaj i nie dzwoń pod numer, który ktoś Ci podał.', SHARE_NOTHING, RING_CARD],
    },
    money_sent: {
      headline: 'Zadzwoń do nas teraz w sprawie wysłanych pieniędzy.',
      steps: [
        'Zadzwoń od razu pod numer z tyłu karty: im wcześniej wiemy, tym więcej zatrzymamy.',
        'Nie wysyłaj nic więcej, cokolwiek mówią.',
        'Zgłoś to policji i zachowaj wszystkie wiadomości.',
      ],
    },
    remote_access: {
      headline: 'Ktoś może sterować Twoim urządzeniem. Odłącz je teraz od sieci.',
      steps: [
        'Wyłącz w nim Wi-Fi i dane komórkowe i nie loguj się na nim do banku.',
        'Zadzwoń pod numer z tyłu karty z innego telefonu.',
        'Usuń to, co kazali zainstalować, albo oddaj urządzenie do sprawdzenia, zanim znów go użyjesz.',
      ],
    },
    code_shared: {
      headline: 'Podany kod może zaraz zostać użyty. Zadzwoń do nas teraz.',
      steps: [
        'Zadzwoń od razu pod numer z tyłu karty.',
        'Nie podawaj więcej kodów: każdy może zatwierdzić płatność albo nowe urządzenie.',
        'Poszukaj w aplikacji płatności i urządzeń, których nie znasz.',
      ],
    },
    password_shared: {
      headline: 'Zmień teraz to, co zostało podane, w aplikacji albo u nas.',
      steps: [
        'Zmień hasło lub PIN na urządzeniu, któremu ufasz.',
        'Zmień je wszędzie, gdzie używasz tego samego.',
        RING_CARD,
      ],
    },
    card_shared: {
      headline: 'Zablokuj teraz kartę.',
      steps: [
        'Zablokuj kartę w aplikacji albo zadzwoń pod numer z tyłu.',
        'Poszukaj płatności, których nie znasz, i powiedz nam o nich.',
      ],
    },
    details_shared: {
      headline: 'Mogą dzwonić inni, którzy zdają się Cię znać.',
      steps: ['Kto zna Twoje dane, nie jest przez to Twoim bankiem.', SHARE_NOTHING, RING_CARD],
    },
    campaign_number: {
      headline: 'Uwaga: rozmowy z tego numeru zgłosiło już klientów: {customers}, pierwszy {day}.',
      steps: [HANG_UP_AND_RING],
    },
    campaign_report: {
      headline: 'Nie tylko Ty: zgłosiło to już klientów: {customers}, pierwszy {day}.',
      steps: [HANG_UP_AND_RING],
    },
    locked: {
      headline: 'Za dużo błędnych kodów. Rozłącz się teraz.',
      steps: ['Rozłącz się.', 'Zablokowaliśmy te pytania, żeby Cię chronić.', RING_CARD],
    },
    notice_is_genuine: { headline: 'Ta wiadomość jest od nas.', steps: [EVEN_SO] },
    notice_reference_only: {
      headline: 'Wysłaliśmy Ci wiadomość pod tym numerem sprawy.',
      steps: [
        'Porównaj ją z opisem, który tu widzisz: numer można skopiować.',
        'Dla pewności wklej całą wiadomość, z linkami.',
      ],
    },
    notice_altered: {
      headline: 'To zmieniona kopia naszej wiadomości. Nic z nią nie rób.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_not_ours: {
      headline: 'To nie od nas. Nic z tym nie rób.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_unknown: {
      headline: 'Nie możemy potwierdzić, że to od nas.',
      steps: ['Nic nie rób, póki nie wiesz: zadzwoń pod numer z karty i zapytaj.', SHARE_NOTHING],
    },
    notice_incomplete: {
      headline: 'To za mało, żeby wiedzieć.',
      steps: ['Wklej całą wiadomość, z linkami.', 'Do tego czasu nic z nią nie rób.', SHARE_NOTHING],
    },
  },
  neverAsk: [
    'o Twój PIN ani o całe hasło',
    'o kod, który Ci wysłaliśmy albo który pokazuje aplikacja',
    'o przelew na „bezpieczne” konto',
    'o zainstalowanie aplikacji ani o oddanie komuś sterowania ekranem',
  ],
};
