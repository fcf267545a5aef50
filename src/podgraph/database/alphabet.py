"""Collation: sort keys for alphabetical order (äther between alpha and Zeta), the same in every database.

The collation of a database depends on its locale and on the version of its ICU library. Names are ordered by a
sort key instead, stored in a separate column and compared byte by byte: the letters without accents and case,
then the accents, then the case. The alphabets below are in the order of the Unicode root collation; letters of
other alphabets follow in code point order.

Triggers maintain the sort key, so that it is correct after any write. The triggers of SQLite call the function
in this module: a program that has not registered it can read such a table, but cannot write names.
"""

import re
import unicodedata
from collections.abc import Iterator

from sqlalchemy import Connection

# Each group contains the letters that differ only in accent or case, the smallest first.
_ALPHABETS = r"""
_ - ‐ ‒ – — ― , ՝ ; : ! ¡ ՜ ? ¿ ՞ . · ჻ ' ‘ ’ ‚ ‛ ‹ › " “ ” „ ‟ « » ( ) [ ] { } ‖ § ¶ @ * / \ & #
% ‰ ‱ † ‡ • ‣ ‧ ′ ‵ ‸ ※ ՚ ՛ ՟ ` ^ ͵ ° ҂ © ® ϶ + ± ÷ × < = > ¬ | ¦ ~ ¤ ¢ $ £ ¥ ₠ ₡ ₢ ₣ ₤ ₥ ₦ ₧ ₩ ₪
₫ € ₭ ₮ ₯ ₰ ₱ ₲ ₳ ₴ ₵ ₶ ₷ ₸ ₹ ₺ ₻ ₼ ₽ ₾ ₿ ⃀
0 1 2 3 4 5 6 7 8 9
aA ⱥȺ bB ƀɃ ɓƁ ƃƂ cC ȼȻ ƈƇ dDđĐðÐ ȸ ɖƉ ɗƊ ƌƋ ȡ eE ɇɆ ǝƎ əƏ ɛƐ fF ƒƑ gG ǥǤ ɠƓ ɣƔ ƣƢ hHħĦ ƕǶ iI ı
ɨƗ ɩƖ jJ ȷ ɉɈ kK ƙƘ lLłŁ ƚȽ ȴ ƛ mM nN ɲƝ ƞȠ ȵ ŋŊ oOøØ ɔƆ ɵƟ ȣȢ pP ƥƤ qQ ȹ ɋɊ ĸ rR ʀƦ ɍɌ sS ȿⱾ ʃƩ
ƪ tT ŧŦ ⱦȾ ƫ ƭƬ ʈƮ ȶ uU ʉɄ ɯƜ ʊƱ vV ʋƲ ʌɅ wW xX yY ɏɎ ƴƳ ȝȜ zZ ƶƵ ȥȤ ɀⱿ ʒƷ ƹƸ ƺ þÞ ƿǷ ƻ ƨƧ ƽƼ ƅƄ
ɂɁ ǀ ǁ ǂ ǃ
αΑ βΒ γΓ δΔ εΕ ϝϜ ͷͶ ϛϚ ζΖ ͱͰ ηΗ θΘ ιΙ ϳͿ κΚ ϗϏ λΛ μΜ νΝ ξΞ οΟ πΠ ϻϺ ϟϞ ϙϘ ρΡ ϼ σΣς ͼϾ ͻϽ ͽϿ τΤ
υΥ φΦ χΧ ψΨ ωΩ ϡϠ ͳͲ ϸϷ
ϣϢ ϥϤ ϧϦ ϩϨ ϫϪ ϭϬ ϯϮ
аА әӘ ӕӔ бБ вВ гГґҐ ғҒ ӻӺ ҕҔ ӷӶ дД ԁԀ ђЂ ԃԂ ҙҘ еЕ єЄ жЖ ԫԪ җҖ зЗ ԅԄ ԑԐ ѕЅ ӡӠ ԇԆ иИ йЙ ҋҊ іІ јЈ кК қҚ
ӄӃ ҡҠ ҟҞ ҝҜ ԟԞ ԛԚ лЛ ӆӅ ԯԮ ԓԒ ԡԠ љЉ ԉԈ ԕԔ мМ ӎӍ нН ԩԨ ӊӉ ңҢ ӈӇ ԣԢ ҥҤ њЊ ԋԊ оО өӨ пП ԥԤ ҧҦ ҁҀ рР
ҏҎ ԗԖ сС ԍԌ ҫҪ тТ ԏԎ ҭҬ ћЋ уУ үҮ ұҰ ѹѸ фФ хХ ӽӼ ӿӾ ҳҲ һҺ ԧԦ ѡѠ ѿѾ ѽѼ ѻѺ цЦ ҵҴ чЧ ԭԬ ҷҶ ӌӋ ҹҸ ҽҼ
ҿҾ џЏ шШ щЩ ъЪ ыЫ ьЬ ҍҌ ѣѢ эЭ юЮ яЯ ԙԘ ѥѤ ѧѦ ѫѪ ѩѨ ѭѬ ѯѮ ѱѰ ѳѲ ѵѴ ҩҨ ԝԜ ӏӀ
აᲐ ბᲑ გᲒ დᲓ ეᲔ ვᲕ ზᲖ ჱᲱ თᲗ იᲘ კᲙ ლᲚ მᲛ ნᲜ ჲᲲ ოᲝ პᲞ ჟᲟ რᲠ სᲡ ტᲢ ჳᲳ უᲣ ფᲤ ქᲥ ღᲦ ყᲧ შᲨ ჩᲩ ცᲪ ძᲫ წᲬ
ჭᲭ ხᲮ ჴᲴ ჯᲯ ჰᲰ ჵᲵ ჶᲶ ჷᲷ ჸᲸ ჹᲹ ჺᲺ ჽᲽ ჾᲾ ჿᲿ
աԱ ՠ բԲ գԳ դԴ եԵ զԶ էԷ ըԸ թԹ ժԺ իԻ լԼ խԽ ծԾ կԿ հՀ ձՁ ղՂ ճՃ մՄ յՅ նՆ շՇ ոՈ չՉ պՊ ջՋ ռՌ սՍ վՎ տՏ րՐ
ցՑ ւՒ փՓ քՔ օՕ ֆՖ ՙ
"""
_GROUPS = [" ", *_ALPHABETS.split()]
_LISTED = "".join(_GROUPS)

# Accents are separated from their letters and ordered as in the root collation.
_ACCENTS = (
    "\u0332\u0313\u0343\u0314\u0301\u0341\u0300\u0340\u0306\u0302\u030c\u030a\u0342\u0308\u0344\u030b"
    "\u0303\u0307\u0338\u0327\u0328\u0304"
)
_FIRST_ACCENT, _LAST_ACCENT = "\u0300", "\u036f"

# Letters that sort as several letters, and accented letters that sort as separate letters.
_SPELLED = {
    "Æ": "AE",
    "æ": "ae",
    "Œ": "OE",
    "œ": "oe",
    "ẞ": "SS",
    "ß": "ss",
    "И\u0306": "Й",
    "и\u0306": "й",
}

_FIRST = 0x21
"""Code point of the first position: positions are below all accents and above the end of a part."""
_END = "\x01"
_PLACES = "".join(chr(_FIRST + place) for place, group in enumerate(_GROUPS) for _ in group)
_CASES = "".join(chr(_FIRST + place) for group in _GROUPS for place in range(len(group)))
_NO_CASE = chr(_FIRST)

_TEXT, _KEY = 300, 640
"""Maximum characters of a text and of a sort key; an index entry of PostgreSQL has at most 2,700 bytes."""

_PLACED = str.maketrans(_LISTED + _ACCENTS, _PLACES + "".join(sorted(_ACCENTS)))
_CASED = str.maketrans(_LISTED, _CASES)
_WITHOUT_ACCENTS = re.compile(f"[{_FIRST_ACCENT}-{_LAST_ACCENT}]+")


def sort_key(text: str | None) -> str | None:
    """Sort key of a text. The order of sort keys by code point is the alphabetical order of the texts."""
    if text is None:
        return None
    plain = unicodedata.normalize("NFKD", text[:_TEXT])[:_TEXT]
    for letter, spelled in _SPELLED.items():
        plain = plain.replace(letter, spelled)
    placed = plain.translate(_PLACED)
    letters = _WITHOUT_ACCENTS.sub("", placed)
    accents = "" if letters == placed else placed
    cases = plain.translate(_CASED).rstrip(_NO_CASE)
    return f"{letters}{_END}{accents}{_END}{cases}"[:_KEY]


def create_sort_key_triggers(connection: Connection, table: str, column: str, key: str) -> None:
    """Create the triggers that maintain the sort key of `column` in the column `key`."""
    for statement in _triggers(f"{table}_{key}", table, column, key, connection.dialect.name):
        connection.exec_driver_sql(statement)


def _triggers(name: str, table: str, column: str, key: str, dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        change = f'UPDATE "{table}" SET {key} = alphabetical(NEW.{column}) WHERE rowid = NEW.rowid'
        yield f'CREATE TRIGGER {name}_added AFTER INSERT ON "{table}" BEGIN {change}; END'
        yield f'CREATE TRIGGER {name}_changed AFTER UPDATE OF {column} ON "{table}" BEGIN {change}; END'
        return
    yield _FUNCTION
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN NEW.{key} := alphabetical(NEW.{column}); RETURN NEW; END $$"
    )
    yield (
        f'CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OF {column} ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()'
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _spelled(expression: str) -> str:
    for letter, spelled in _SPELLED.items():
        expression = f"replace({expression}, {_quoted(letter)}, {_quoted(spelled)})"
    return expression


_FUNCTION = f"""
CREATE OR REPLACE FUNCTION alphabetical(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    plain text := left(normalize(left(given, {_TEXT}), NFKD), {_TEXT});
    placed text;
    letters text;
BEGIN
    plain := {_spelled("plain")};
    placed := translate(
        plain, {_quoted(_LISTED + _ACCENTS)}, {_quoted(_PLACES + "".join(sorted(_ACCENTS)))}
    );
    letters := regexp_replace(placed, '[{_FIRST_ACCENT}-{_LAST_ACCENT}]+', '', 'g');
    RETURN left(
        letters || E'\\x01' || CASE WHEN letters = placed THEN '' ELSE placed END || E'\\x01'
            || rtrim(translate(plain, {_quoted(_LISTED)}, {_quoted(_CASES)}), {_quoted(_NO_CASE)}),
        {_KEY}
    );
END $$
"""
"""The function `sort_key` in PL/pgSQL."""
