import type { Words } from './words.js';

const RING_CARD = 'Llame al número del reverso de su tarjeta, desde un teléfono de confianza.';
const SHARE_NOTHING = 'No dé ningún código, contraseña ni PIN, y no mueva dinero.';
const EVEN_SO = 'Aun así, nunca pedimos su PIN, ni un código, ni que mueva dinero para protegerlo.';
const HANG_UP_AND_RING = 'Cuelgue y llame al número de su tarjeta.';
const DO_NOT_OPEN = 'No abra sus enlaces, no llame a sus números y no pague en su cuenta.';
const HANG_UP_THEN_RING = 'cuelgue y llame al número de su tarjeta';

export const SPANISH: Words = {
  questions: {
    are_you_talking_to_us: '¿Está hablando por teléfono con nosotros ahora?',
    did_you_phone_us: '¿Nos ha llamado usted?',
    did_you_ask_for_this_change: '¿Nos ha pedido usted este cambio?',
  },
  reasons: {
    unavailable: 'Ahora no podemos comprobarlo.',
    inbound_only_line: 'Nunca llamamos desde este número.',
    customer_rang: 'Ha llamado usted: no sabemos quién contestó.',
    already_on_that_call: 'Ya está hablando con nosotros.',
    live_call: 'Le estamos llamando ahora.',
    other_channel: 'Le estamos llamando, pero no por este medio.',
    other_line: 'Le estamos llamando, pero desde otro número.',
    someone_rang_as_you: 'Alguien habla con nosotros en su nombre.',
    not_our_line: 'Este número no es nuestro.',
    number_withheld: 'Quien llama oculta su número.',
    no_live_call: 'No le estamos llamando.',
    they_called_me: 'Me llamaron a mí',
    not_on_a_call: 'No estoy en una llamada',
    not_me: 'No fui yo',
    not_what_i_asked: 'Pedí otra cosa',
    pressured: 'Alguien me presiona',
  },
  findings: {
    relay_suspected: 'Quizá otra persona habla en nombre del cliente.',
    handset_mismatch: 'El teléfono dice otra cosa de su llamada.',
    other_channel: 'El teléfono está en una llamada de una aplicación, y el banco llamó de otro modo.',
    new_device: 'El dispositivo es nuevo.',
    new_contact: 'Un teléfono registrado es nuevo.',
  },
  references: {
    call_relay: 'No se fíe de esta llamada. Cuelgue y llame al número de su tarjeta.',
    call_inbound:
      'Es una llamada que alguien hizo al banco. El banco no le llamó: si alguien le llamó y le dio esta referencia, cuelgue.',
    call_live: 'El banco hizo esta llamada, y sigue en curso.',
    call_ended: `El banco hizo esta llamada, y ya terminó. Si alguien le sigue hablando, ${HANG_UP_THEN_RING}.`,
    callback_open: `El banco le debe una llamada con esta referencia. Su aplicación dice cuándo y confirma la llamada; si no, ${HANG_UP_THEN_RING}.`,
    callback_done: `Esta llamada pendiente ya está hecha. Si alguien le llama por ella ahora, ${HANG_UP_THEN_RING}.`,
    change_held:
      'Se pidió un cambio de datos. Todavía no se ha cambiado nada. Si no fue usted, dígalo ahora y lo rechazamos.',
    change_released: 'Un cambio de datos se confirmó y se hizo. Si no fue usted, dígalo ahora: todavía puede reclamar.',
    change_refused: 'Se pidió un cambio de datos y se rechazó: no se cambió nada.',
    change_withdrawn: 'Se pidió un cambio de datos y se retiró: no se cambió nada.',
    change_expired: 'Un cambio de datos no se confirmó a tiempo: no se cambió nada.',
    change_disputed: 'Hay una reclamación sobre un cambio de datos. El banco lo está mirando.',
    report: `Un cliente avisó al banco de algo con esta referencia. No prueba nada de quien llama ni de un mensaje: si se la dieron como prueba, ${HANG_UP_THEN_RING}.`,
    notice_sent:
      'El banco envió {channel} con esta referencia: {summary} Una referencia se puede copiar: mire el texto y los enlaces en su aplicación antes de hacer nada.',
    notice_scheduled:
      'El banco va a enviar {channel} con esta referencia: {summary} Una referencia se puede copiar: mire el texto y los enlaces en su aplicación antes de hacer nada.',
    channel_sms: 'un SMS',
    channel_email: 'un correo electrónico',
    channel_letter: 'una carta',
    channel_app: 'un mensaje en la aplicación',
  },
  advice: {
    call_is_genuine: {
      headline: 'Esta llamada es de su banco.',
      steps: ['Quien llama debe dar el nombre que ve aquí.', EVEN_SO],
    },
    hang_up: { headline: 'No es su banco. Cuelgue ahora.', steps: ['Cuelgue.', SHARE_NOTHING, RING_CARD] },
    hang_up_and_ring_card_number: {
      headline: 'No podemos confirmar que sea su banco.',
      steps: [HANG_UP_AND_RING, SHARE_NOTHING],
    },
    unknown_caller: {
      headline: 'No conocemos a quien llama.',
      steps: [
        'Puede contestar o dejarlo sonar.',
        'Si dice que es su banco, cuelgue y llame al número de su tarjeta.',
        SHARE_NOTHING,
      ],
    },
    already_on_that_call: {
      headline: 'Ya está hablando con nosotros. No conocemos esta segunda llamada.',
      steps: [
        'Déjela sonar y siga con la llamada que confirmó.',
        'Si la segunda persona dice que es su banco, cuelgue y llame al número de su tarjeta.',
        SHARE_NOTHING,
      ],
    },
    you_rang: {
      headline: 'Su teléfono dice que llamó usted: no sabemos quién contestó.',
      steps: [
        'Compruebe que llamó al número de su tarjeta.',
        'Si no está seguro, cuelgue y llame al número de su tarjeta.',
      ],
    },
    confirmed: {
      headline: 'Confirmado. Está hablando con su banco.',
      steps: ['Puede seguir con la llamada.', EVEN_SO],
    },
    not_confirmed: {
      headline: 'Gracias. Hemos dicho al banco que algo no está bien.',
      steps: ['Cuelgue si está en una llamada.', SHARE_NOTHING, RING_CARD],
    },
    someone_rang_as_you: {
      headline: 'Alguien habla con su banco en su nombre. Cuelgue ahora.',
      steps: ['Cuelgue: quien le llamó no es su banco.', SHARE_NOTHING, RING_CARD],
    },
    try_code_again: {
      headline: 'Ese no es el código.',
      steps: [
        'Pida que le lean otra vez las seis cifras y escriba lo que oiga.',
        'Si no coincide otra vez, cuelgue y llame al número de su tarjeta.',
      ],
    },
    report_received: {
      headline: 'Gracias. Su aviso nos ayuda a pararlo.',
      steps: ['No conteste ni llame a un número que le dieron.', SHARE_NOTHING, RING_CARD],
    },
    money_sent: {
      headline: 'Llámenos ahora por el dinero que envió.',
      steps: [
        'Llame ya al número del reverso de su tarjeta: cuanto antes lo sepamos, más podemos parar.',
        'No envíe nada más, digan lo que digan.',
        'Avise a la policía y guarde todos los mensajes.',
      ],
    },
    remote_access: {
      headline: 'Quizá alguien controla su dispositivo. Desconéctelo ahora.',
      steps: [
        'Apague en él el wifi y los datos móviles, y no entre en su banco con él.',
        'Llame al número del reverso de su tarjeta desde otro teléfono.',
        'Borre lo que le hicieron instalar, o lleve a revisar el dispositivo, antes de usarlo otra vez.',
      ],
    },
    code_shared: {
      headline: 'El código que dio se puede usar ya. Llámenos ahora.',
      steps: [
        'Llame ya al número del reverso de su tarjeta.',
        'No dé ningún otro código: cada uno puede permitir un pago o un dispositivo nuevo.',
        'Busque en su aplicación pagos y dispositivos que no conozca.',
      ],
    },
    password_shared: {
      headline: 'Cambie ahora lo que dio, en la aplicación o con nosotros.',
      steps: [
        'Cambie su contraseña o PIN en un dispositivo de confianza.',
        'Cámbiela en todos los sitios donde use la misma.',
        RING_CARD,
      ],
    },
    card_shared: {
      headline: 'Bloquee su tarjeta ahora.',
      steps: [
        'Bloquee su tarjeta en la aplicación o llame al número del reverso.',
        'Busque pagos que no conozca y díganoslo.',
      ],
    },
    details_shared: {
      headline: 'Pueden llegar más llamadas de quien parece conocerle.',
      steps: ['Quien conoce sus datos no es por eso su banco.', SHARE_NOTHING, RING_CARD],
    },
    campaign_number: {
      headline: 'Cuidado: {customers} clientes han avisado de llamadas de este número, la primera {day}.',
      steps: [HANG_UP_AND_RING],
    },
    campaign_report: {
      headline: 'No es solo usted: {customers} clientes han avisado de esto, el primero {day}.',
      steps: [HANG_UP_AND_RING],
    },
    locked: {
      headline: 'Demasiados códigos erróneos. Cuelgue ahora.',
      steps: ['Cuelgue.', 'Hemos bloqueado estas preguntas para protegerle.', RING_CARD],
    },
    notice_is_genuine: { headline: 'Este mensaje es nuestro.', steps: [EVEN_SO] },
    notice_reference_only: {
      headline: 'Le enviamos un mensaje con esta referencia.',
      steps: [
        'Compare su mensaje con el resumen de aquí: una referencia se puede copiar.',
        'Para estar seguro, pegue el mensaje entero, con sus enlaces.',
      ],
    },
    notice_altered: {
      headline: 'Es una copia cambiada de un mensaje nuestro. No le haga caso.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_not_ours: {
      headline: 'No lo enviamos nosotros. No le haga caso.',
      steps: [DO_NOT_OPEN, SHARE_NOTHING, RING_CARD],
    },
    notice_unknown: {
      headline: 'No podemos confirmar que lo enviamos nosotros.',
      steps: ['No haga nada hasta saberlo: llame al número de su tarjeta y pregunte.', SHARE_NOTHING],
    },
    notice_incomplete: {
      headline: 'Con eso no basta para saberlo.',
      steps: ['Pegue el mensaje entero, con sus enlaces.', 'Hasta entonces no le haga caso.', SHARE_NOTHING],
    },
  },
  neverAsk: [
    'su PIN o su contraseña completa',
    'un código que le enviamos o que muestra su aplicación',
    'que mueva dinero a una cuenta «segura»',
    'que instale una aplicación o deje que alguien controle su pantalla',
  ],
};
