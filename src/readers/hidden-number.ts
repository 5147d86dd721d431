import { foldText } from './text.js';

/** What phones, networks and people say in place of a number that is hidden or not known. */
const WORDS = `
  anonymous; anonymous caller; anonymous number; blocked; blocked call; blocked caller; blocked id; blocked number;
  caller id blocked; caller id withheld; call withheld;
  coinphone; hidden; hidden id; hidden number; id withheld; no caller id; no id; no name; no number;
  no number shown; none; not available; not known; not shown; number blocked; number hidden; number not available;
  number private; number unavailable; number unknown; number withheld; out of area; payphone; private; private call;
  private caller; private name; private number; restricted; restricted call;
  restricted number; secret; unavailable; undisclosed; unidentified; unknown; unknown call; unknown caller;
  unknown name; unknown number; unknown sender; unlisted; withheld; withheld number; null; undefined; nan; n a; na;
  anhysbys; preifat; rhif preifat; rhif cudd; rhif wedi ei gelu; dim rhif; gan anaithnid; anaithnid;
  uimhir phríobháideach;
  anonym; anonymer anrufer; geheim; keine nummer; keine rufnummer; kein anrufername; nummer unterdrückt;
  private nummer; privat; privatnummer; rufnummer unterdrückt; unbekannt; unbekannte nummer; unbekannter anrufer;
  unbekannter teilnehmer; unterdrückt; unterdrückte nummer; unterdrückte rufnummer; verborgen; verborgene nummer;
  anonyme; appel anonyme; appel inconnu; appel masqué; appel privé; appelant anonyme; appelant inconnu; inconnu;
  masqué; non disponible; numéro anonyme; numéro caché; numéro confidentiel; numéro inconnu; numéro masqué;
  numéro non disponible; numéro privé; privé; secrète;
  anónimo; bloqueado; desconocido; llamada oculta; llamada privada; no disponible; número bloqueado;
  número desconocido; número oculto; número privado; número restringido; oculto; privado; restringido;
  sin identificar; sin número;
  anonimo; chiamata anonima; nascosto; non disponibile; numero anonimo; numero nascosto; numero privato;
  numero riservato; numero sconosciuto; privato; riservato; sconosciuto;
  anônimo; chamada anónima; confidencial; desconhecido; indisponível; não identificado; número confidencial;
  número desconhecido; número não identificado; número restrito; restrito;
  afgeschermd; afgeschermd nummer; anoniem; anoniem nummer; geblokkeerd; geen nummer; geheim nummer;
  niet beschikbaar; nummer afgeschermd; nummer onbekend; onbekend; onbekend nummer; onbekende beller; privénummer;
  anonim; nieznany; nieznany numer; numer nieznany; numer prywatny; numer ukryty; numer zastrzeżony; prywatny;
  zastrzeżony; ukryty;
  dolt nummer; dolt; hemligt nummer; hemligt; okänd; okänt nummer; okänd uppringare; privat nummer; skyddat nummer;
  hemmeligt nummer; hemmelig nummer; skjult nummer; skjult; ukendt; ukendt nummer; ukjent; ukjent nummer;
  salainen; salainen numero; tuntematon; tuntematon numero; yksityinen numero; leyninúmer; óþekkt númer;
  varjatud number; tundmatu; tundmatu number; privātais numurs; nezināms; slēpts numurs; nežinomas;
  paslėptas numeris;
  ascuns; necunoscut; număr ascuns; număr necunoscut; număr privat; neznámý; neznámé číslo; skryté číslo;
  soukromé číslo; súkromné číslo; neznáme číslo; utajené číslo; ismeretlen; ismeretlen szám; magánszám; privát szám;
  rejtett szám; rejtett;
  nepoznat; nepoznati broj; privatni broj; skriveni broj; neznan; neznana številka; skrita številka;
  zasebna številka; bilinmeyen; bilinmeyen numara; gizli; gizli numara; özel numara; i panjohur; numër i fshehur;
  nomor pribadi; nomor tidak dikenal; tidak diketahui; nombor peribadi; số ẩn; số không xác định; không xác định;
  haijulikani; namba ya siri;
  анонимный; анонимный номер; без номера; неизвестно; неизвестный; неизвестный абонент; неизвестный номер;
  номер не определен; номер не определён; номер неизвестен; номер скрыт; скрыт; скрытый; скрытый номер;
  частный номер;
  анонім; невідомий; невідомий номер; номер приховано; прихований; прихований номер; приватний номер; неизвестен;
  неизвестен номер; скрит номер; частен номер; непознат; непознат број; скривен број; приватен број;
  άγνωστος; άγνωστος αριθμός; ανώνυμος; απόκρυψη; απόκρυψη αριθμού; απόρρητο; απόρρητος αριθμός; ιδιωτικός αριθμός;
  رقم خاص; رقم غير معروف; رقم محجوب; رقم مجهول; غير معروف; غير متوفر; مجهول; محجوب; خاص; مخفي; رقم مخفي; خصوصی;
  شماره خصوصی; شماره ناشناس; ناشناس; نامعلوم; نامعلوم نمبر; پوشیدہ نمبر; نجی نمبر;
  חסוי; מספר חסוי; לא ידוע; מספר לא ידוע; לא זמין; פרטי; מספר פרטי; אנונימי;
  अज्ञात; अज्ञात नंबर; निजी नंबर; निजी; गुप्त नंबर; অজানা; অজানা নম্বর; ব্যক্তিগত নম্বর; ਅਣਜਾਣ; ਅਣਜਾਣ ਨੰਬਰ;
  ਨਿੱਜੀ ਨੰਬਰ; અજાણ્યો નંબર; ખાનગી નંબર; அறியப்படாத; தெரியாத எண்; தனிப்பட்ட எண்; తెలియని నంబర్; ไม่ทราบ;
  ไม่ทราบหมายเลข; หมายเลขส่วนตัว; ไม่แสดงหมายเลข; เบอร์ส่วนตัว;
  匿名; 匿名来电; 匿名來電; 未知; 未知号码; 未知號碼; 未知来电; 未知來電; 来电未知; 私人号码; 私人號碼; 隐藏号码; 隱藏號碼; 无法显示; 無法顯示; 无来电显示; 無來電顯示; 不显示号码; 号码未知;
  保密号码; 非通知; 非通知設定; 通知不可能; 公衆電話; 不明; 表示圏外; 番号非通知; 不明な番号;
  발신번호표시제한; 발신번호 표시제한; 발신번호 표시 제한; 발신자 표시 제한; 발신자표시제한; 알 수 없음; 알 수 없는 번호; 비공개; 개인 번호`;

const HIDDEN: ReadonlySet<string> = new Set(WORDS.split(';').map(wordsOf));

/** Whether a text says that a number or sender is hidden or not known, or says nothing at all: it identifies nobody. */
export function isHiddenNumber(text: string): boolean {
  const words = wordsOf(text);
  return HIDDEN.has(words) || (words === '' && !/\p{N}{3}/u.test(text));
}

/** What the words look like, without case, accents, marks and digits. */
function wordsOf(text: string): string {
  const bare = text
    .normalize('NFKD')
    .replace(/[\p{M}\p{N}]/gu, '')
    .toLowerCase();
  return foldText(bare)
    .replace(/[^\p{L}]+/gu, ' ')
    .trim();
}

const KEYPAD = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'];

/** Small letters of ASCII as the digits that the keypad of a phone has for them (ITU-T E.161); all else stays. */
export function keypadDigits(text: string): string {
  return text.replace(/[a-z]/g, (letter) => String(KEYPAD.findIndex((key) => key.includes(letter)) + 2));
}

/** Words that networks without letters spell on the keypad. */
const SPELT_WORDS =
  'anonymous unavailable unknown private restricted blocked withheld outofarea nocallerid privatenumber unknownnumber unknowncaller privatecaller anonymouscaller';
const SPELT: ReadonlySet<string> = new Set(keypadDigits(SPELT_WORDS).split(' '));

/** Whether digits spell a word for a hidden number, such as 266696687 for ANONYMOUS. */
export function isSpeltHidden(digits: string): boolean {
  return SPELT.has(digits.replace(/^0+/, ''));
}
