import type { Words } from './words.js';

const RING_CARD = 'Appelez le numéro au dos de votre carte, avec un téléphone sûr.';
const SHARE_NOTHING = 'Ne donnez ni code, ni mot de passe, ni code secret, et ne déplacez pas d’argent.';
const EVEN_SO =
  'Même ainsi, nous ne demandons jamais votre code secret, ni un code reçu, ni de mettre votre argent à l’abri.';
const HANG_UP_AND_RING = 'Raccrochez et appelez le numéro de votre carte.';
const DO_NOT_OPEN = 'N’ouvrez pas ses liens, n’appelez pas ses numéros, ne payez pas sur son compte.';
const HANG_UP_THEN_RING = 'raccrochez et appelez le numéro de votre carte';

export const FRENCH: Words = {
  questions: {
    are_you_talking_to_us: 'Êtes-vous au téléphone avec nous en ce moment ?',
    did_you_phone_us: 'Nous avez-vous appelés ?',
    did_you_ask_for_this_change: 'Nous avez-vous demandé ce changement ?',
  },
  reasons: {
    unavailable: 'Nous ne pouvons pas vérifier en ce moment.',
    inbound_only_line: 'Nous n’appelons jamais de ce numéro.',
    customer_rang: 'C’est vous qui avez appelé : nous ne savons pas qui a répondu.',
    already_on_that_call: 'Vous êtes déjà au téléphone avec nous.',
    live_call: 'Nous vous appelons en ce moment.',
    other_channel: 'Nous vous appelons, mais pas de cette façon.',
    other_line: 'Nous vous appelons, mais d’un autre numéro.',
    someone_rang_as_you: 'Quelqu’un nous parle en votre nom.',
    not_our_line: 'Ce n’est pas un de nos numéros.',
    number_withheld: 'L’appelant cache son numéro.',
    no_live_call: 'Nous ne vous appelons pas.',
    they_called_me: 'On m’a appelé',
    not_on_a_call: 'Je ne suis pas au téléphone',
    not_me: 'Ce n’était pas moi',
    not_what_i_asked: 'J’ai demandé autre chose',
    pressured: 'Quelqu’un me presse',
  },
  findings: {
    relay_suspected: 'Quelqu’un d’autre parle peut-être au nom du client.',
    handset_mismatch: 'Le téléphone dit autre chose de son appel.',
    other_channel: 'Le téléphone est en appel dans une application, et la banque a appelé autrement.',
    new_device: 'L’appareil est nouveau.',
    new_contact: 'Un numéro enregistré est nouveau.',
  },
  references: {
    call_relay: 'Ne vous fiez pas à cet appel. Raccrochez et appelez le numéro de votre carte.',
    call_inbound:
      'C’est un appel que quelqu’un a passé à la banque. La banque ne vous a pas appelé : si un appelant vous a donné cette référence, raccrochez.',
    call_live: 'La banque a passé cet appel, et il est en cours.',
    call_ended: `La banque a passé cet appel, et il est fini. Si quelqu’un vous parle encore, ${HANG_UP_THEN_RING}.`,
    callback_open: `La banque doit vous rappeler sous cette référence. Votre application dit quand et confirme l’appel ; sinon, ${HANG_UP_THEN_RING}.`,
    callback_done: `Ce rappel est terminé. Si quelqu’un vous appelle à ce sujet, ${HANG_UP_THEN_RING}.`,
    change_held:
      'Un changement de données a été demandé. Rien n’est encore changé. Si ce n’était pas vous, dites-le maintenant : nous le refuserons.',
    change_released:
      'Un changement de données a été confirmé et fait. Si ce n’était pas vous, dites-le maintenant : vous pouvez encore le contester.',
    change_refused: 'Un changement de données a été demandé et refusé : rien n’a changé.',
    change_withdrawn: 'Un changement de données a été demandé puis retiré : rien n’a changé.',
    change_expired: 'Un changement de données n’a pas été confirmé à temps : rien n’a changé.',
    change_disputed: 'Un changement de données est contesté. La banque cherche ce qui s’est passé.',
    report: `Un client a signalé quelque chose à la banque sous cette référence. Cela ne prouve rien sur un appelant ou un message : si on vous l’a donnée comme preuve, ${HANG_UP_THEN_RING}.`,
    notice_sent:
      'La banque a envoyé {channel} sous cette référence : {summary} Une référence peut être copiée : vérifiez le texte et les liens dans votre application avant d’agir.',
    notice_scheduled:
      'La banque va envoyer {channel} sous cette référence : {summary} Une référence peut être copiée : vérifiez le texte et les liens dans votre application avant d’agir.',
    channel_sms: 'un SMS',
    channel_email: 'un e-mail',
    channel_letter: 'une lettre',
    channel_app: 'un message dans l’application',
  },
  advice: {
    call_is_genuine: {
      headline: 'Cet appel vient de votre banque.',
      steps: ['L’appelant doit donner le nom affiché ici.', EVEN_SO],
    },
    hang_up: {
      headline: 'Ce n’est pas votre banque. Raccrochez maintenant.',
      steps: ['Raccrochez.', SHARE_NOTHING, RING_CARD],
    },
    hang_up_and_ring_card_number: {
      headline: 'Nous ne pouvons pas confirmer que c’est votre banque.',
      steps: [HANG_UP_AND_RING, SHARE_NOTHING],
    },
    unknown_caller: {
      headline: 'Nous ne connaissons pas cet appelant.',
      steps: [
        'Vous pouvez répondre ou laisser sonner.',
        'S’il dit être votre banque, raccrochez et appelez le numéro de votre carte.',
        SHARE_NOTHING,
      ],
    },
    already_on_that_call: {
      headline: 'Vous êtes déjà au téléphone avec nous. Nous ne connaissons pas ce deuxième appelant.',
      steps: [
        'Laissez sonner, et continuez l’appel que vous avez confirmé.',
        'Si le deuxième appelant dit être votre banque, raccrochez et appelez le numéro de votre carte.',
        SHARE_NOTHING,
      ],
    },
    you_rang: {
      headline: 'Votre téléphone dit que vous avez appelé : nous ne savons pas qui a répondu.',
      steps: [
        'Vérifiez que vous avez appelé le numéro de votre carte.',
        'En cas de doute, raccrochez et appelez le numéro de votre carte.',
      ],
    },
    confirmed: {
      headline: 'Confirmé. Vous parlez à votre banque.',
      steps: ['Vous pouvez continuer l’appel.', EVEN_SO],
    },
    not_confirmed: {
      headline: 'Merci. Nous avons dit à la banque que quelque chose ne va pas.',
      steps: ['Raccrochez si vous êtes au téléphone.', SHARE_NOTHING, RING_CARD],
    },
    someone_rang_as_you: {
      headline: 'Quelqu’un parle à votre banque en votre nom. Raccrochez maintenant.',
      steps: ['Raccrochez : celui qui vous a appelé n’est pas votre banque.', SHARE_NOTHING, RING_CARD],
    },
    try_code_again: {
      headline: 'Ce n’est pas le bon code.',
      steps: [
        'Demandez à l’appelant de relire les six chiffres, et tapez ce que vous entendez.',
        'Si cela ne va toujours pas, raccrochez et appelez le numéro de votre carte.',
      ],
    },
    report_received: {
      headline: 'Merci. Votre signalement nous aide à arrêter cela.',
      steps: ['Ne répondez pas, et n’appelez pas un numéro qu’on vous a donné.', SHARE_NOTHING, RING_CARD],
    },
    money_sent: {
      headline: 'Appelez-nous maintenant au sujet de l’argent envoyé.',
      steps: [
        'Appelez tout de suite le numéro au dos de votre carte : plus tôt nous le savons, plus nous pouvons bloquer.',
        'N’envoyez plus rien, quoi qu’on vous dise.',
        'Prévenez la police, et gardez tous les messages.',
      ],
    },
    remote_access: {
      headline: 'Quelqu’un contrôle peut-être votre appareil. Coupez-le du réseau maintenant.',
      steps: [
        'Coupez-y le Wi-Fi et les données mobiles, et n’y ouvrez pas votre banque.',
        'Appelez le numéro au dos de votre carte avec un autre téléphone.',
        'Supprimez ce qu’on vous a fait installer, ou faites vérifier l’appareil, avant de le réutiliser.',
      ],
    },
    code_shared: {
      headline: 'Le code que vous avez donné peut servir tout de suite. Appelez-nous maintenant.',
      steps: [
        'Appelez tout de suite le numéro au dos de votre carte.',
        'Ne donnez plus aucun code : chacun peut permettre un paiement ou un nouvel appareil.',
        'Cherchez dans votre application des paiements et appareils inconnus.',
      ],
    },
    password_shared: {
      headline: 'Changez maintenant ce que vous avez donné, dans l’application ou avec nous.',
      steps: [
        'Changez votre mot de passe ou code secret, sur un appareil sûr.',
        'Changez-le partout où vous utilisez le même.',
        RING_CARD,
      ],
    },
    card_shared: {
      headline: 'Bloquez votre carte maintenant.',
      steps: [
        'Bloquez votre carte dans l’application, ou appelez le numéro au dos.',
        'Cherchez des paiements inconnus, et signalez-les-nous.',
      ],
    },
    details_shared: {
      headline: 'D’autres appelants peuvent sembler vous connaître.',
      steps: ['Qui connaît vos données n’est pas pour autant votre banque.', SHARE_NOTHING, RING_CARD],
    },
    campaign_number: {
      headline: 'Attention : {customers} clients ont signalé des appels de ce numéro, le premier {day}.',
      steps: [HANG_UP_AND_RING],
    },
    campaign_report: {
      headline: 'Vous n’êtes pas seul : {customers} clients l’ont signalé, le premier {day}.',
      steps: [HANG_UP_AND_RING],
    },
    locked: {
      headline: 'Trop de codes faux. Raccrochez maintenant.',
      steps: ['Raccrochez.', 'Nous avons bloqué ces questions pour vous protéger.', RING_CARD],
    },
    notice_is_genuine: { headline: 'Ce message vient de nous.', steps: [EVEN_SO] },
    notice_reference_only: {
      headline: 'Nous vous avons envoyé un message sous cette référence.',
      steps: [
        'Comparez votre message avec le résumé affiché ici : une référence peut être copiée.',
        'Pour être sûr, collez tout le message, avec ses liens.',
      ],
    },
    notice_altered: {
      headline: 'C’est une copie modifiée d’un de nos messages. Ne la suivez pas.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_not_ours: {
      headline: 'Ce message n’est pas de nous. Ne le suivez pas.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_unknown: {
      headline: 'Nous ne pouvons pas confirmer que ce message est de nous.',
      steps: ['Ne faites rien avant de savoir : appelez le numéro de votre carte et demandez.', SHARE_NOTHING],
    },
    notice_incomplete: {
      headline: 'Cela ne suffit pas pour savoir.',
      steps: ['Collez tout le message, avec ses liens.', 'D’ici là, ne le suivez pas.', SHARE_NOTHING],
    },
  },
  neverAsk: [
    'votre code secret ou votre mot de passe entier',
    'un code que nous vous avons envoyé ou que votre application affiche',
    'de mettre votre argent sur un compte « sûr »',
    'd’installer une application ou de laisser quelqu’un contrôler votre écran',
  ],
};
