/** What to do, in words to show as they are. */
export interface Advice {
  readonly code: string;
  readonly headline: string;
  readonly steps: readonly string[];
}

const HANG_UP: Readonly<Record<string, string>> = {
  de: 'Legen Sie auf und rufen Sie die Nummer auf Ihrer Karte an.',
  en: 'Hang up and ring the number on your card.',
  es: 'Cuelgue y llame al número que figura en su tarjeta.',
  fr: 'Raccrochez et appelez le numéro indiqué sur votre carte.',
  nl: 'Hang op en bel het nummer op uw pas.',
  pl: 'Rozłącz się i zadzwoń pod numer podany na karcie.',
};

/** The advice where the bank cannot be asked: hang up, and ring the number on the card. */
export function safeAdvice(locale = 'en'): Advice {
  const headline = HANG_UP[locale.split('-')[0]!.toLowerCase()] ?? HANG_UP['en']!;
  return { code: 'hang_up_and_ring_card_number', headline, steps: [headline] };
}
