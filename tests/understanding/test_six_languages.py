"""Six further languages: a text acts only when every word of it is accounted for; distress rings in every script."""

from datetime import datetime
from pathlib import Path

import pytest

from messages.intents import Asked, IntentKind, Question, read
from messages.intents.core_distress import core_distress
from messages.intents.core_words import LANGUAGES, entries_of, line_of, read_table
from messages.intents.phrases import ANY_LETTERS, compile_phrase, require_meaning
from messages.understanding import understand
from tests.understanding.corpus import NEW_YORK, NOW

HERE = Path(__file__).parent
REMINDER = Asked(question=Question.REMINDER)
OFFER = Asked(question=Question.OFFER)
TIMES = Asked(question=Question.TIMES, options=3)
ACTS = {
    IntentKind.CONFIRM,
    IntentKind.CANNOT_COME,
    IntentKind.TAKE,
    IntentKind.PASS,
    IntentKind.STOP,
    IntentKind.WRONG_NUMBER,
    IntentKind.CHOOSE,
}


def read_by_lines(written):
    """Language and text of each "language text | text" line."""
    for line in written.strip().splitlines():
        language, _, texts = line.partition(" ")
        yield from ((language, text.strip()) for text in texts.split("|"))


CONFIRMING = """
fr oui | ouais | oki | ok merci à demain | je confirme ma présence | jserai la | on sera là | pas de souci
fr D'accord, merci beaucoup
pt sim | sim, obrigada | blz | vou sim | confirmo | lá estarei | está bem, até amanhã | pode confirmar | com certeza
vi dạ | dạ em đến ạ | vâng ạ | xac nhan | tôi sẽ đến | em se den dung gio a | vâng, cảm ơn | không sao, tôi đến được
zh 好的 | 好的，谢谢 | 確認 | 沒問題 | 冇問題 | 得 | 我会准时到 | 我會來 | 一定来 | OK的 | 好啊，谢谢您 | hao de
zh 嗯嗯 | 没问题，谢谢医生
tl opo | oo | sige po salamat | pupunta po ako | tuloy po | confirmed po | cge po | yes po, thank you | ok po see you
ar نعم | تمام | اوكي | حاضر | نعم سأحضر | ايوه جاي | أؤكد الحضور | na3am | tmam chokran | أكيد جاية
"""
CANCELLING = """
fr jpeux pa venir | je ne peux pas venir | annulez mon rendez-vous svp | désolé, je dois annuler
fr je ne viendrai pas, je suis malade
pt não posso ir | nao vou conseguir ir | cancela por favor | preciso desmarcar
pt não vou poder ir, meu filho está doente
vi em khong den duoc | tôi không đến được | xin hủy hẹn | k den dc | em bận không đến được ạ
zh 来不了 | 來不了 | 取消 | 我要取消，谢谢 | 孩子发烧，来不了 | 唔嚟喇 | 請取消我的預約 | lai bu liao
tl di ako makakapunta | hindi po ako makakapunta | paki cancel po | d po ako makakarating, may lagnat anak ko
ar مش جاي | ما بقدر اجي | لن أحضر | الغي الموعد | مش هقدر اجي | mesh jay | لا استطيع الحضور
"""
SAYS_MORE = """
fr oui mais je suis triste | oui, ma mère est morte | dsl | bonjour | je viens d'apprendre une nouvelle
fr je serai là si je peux
fr je suis absent du travail | annulé par vous | je passe | puis-je venir ? | ça va
fr je confirme que je suis perdue | ne changez rien | annuler c'est possible ? | il dit que je ne peux pas venir
fr je n'annule pas
fr je ne peux pas venir à bout de cette facture | oui peut-être | non je viens | c'est bien noté
fr on viendra inchallah | ok pour tout le reste
pt tudo bem com vocês | vou viajar | vou cancelar o cartão | não consigo abrir o link
pt sim, só que estou mal | sim, mas não sei | oi | para | estou para cair | vou ver | vou pensar
pt não vou cancelar | ele disse que não posso ir
pt não é meu horário | tô indo pro hospital | não confirmo | se eu puder vou | sim, meu pai morreu | anotado
vi không phải | em đi công tác | có ai không
vi vâng nhưng | dạ em mệt quá | em đang đợi | tôi muốn đến | đừng hủy | em sẽ đến bệnh viện khác
vi không, tôi đến | nếu đến được thì đến
vi anh ấy nói không đến được | dạ con em bị đau | muon qua | chưa chắc em đến
zh 行不行 | 我先确认一下时间 | 去不了医院 | 一定要来吗 | 好烦，取消
zh 对不起 | 對不起 | 你好 | 您好 | 好累 | 好难过 | 好難過 | 在银行 | 在銀行 | 我对花生过敏 | 我會去醫院
zh 好久不见 | 对不起，我病了 | 不取消 可以吗
zh 可以，但是我很难过 | 好的，但是我会晚一点 | 他说我来不了 | 不要取消 | 无法确认 | 收到 | 知道了 | 我朋友来不了
zh 面对模棱两可的想法 | 唔好取消 | 本来想取消
tl ok ka lang | hindi pa | hindi po ako ang cancel | pupunta ba ako
tl oo pero masakit ulo ko | oo nga pala | oo patay na lolo ko | pupunta ako sa ospital | wag i-cancel
tl hindi ko sinabing kanselahin | noted po
tl sabi niya hindi ako makakapunta | kung makakapunta ako | ayaw kong kanselahin | mali po yung oras | oo sana
ar جاي؟ | تم الغاء الموعد | جاي ولا لا | ok bs late
ar نعم لكن | نعم انا حزين | ان شاء الله | نعم ان شاء الله | لا تلغي الموعد | انا في المستشفى | لا جاي
ar قال اني لا استطيع الحضور
ar تمام بس انا تعبان | اذا قدرت بجي | ok inshallah | جاي من السفر متاخر
"""
STOPPING = """
fr arrêtez vos sms | ne m'écrivez plus | je veux plus de messages | désinscrivez-moi | laissez-moi tranquille
pt parem de me mandar mensagens | não quero mais receber mensagens | tire meu número da lista | me deixem em paz
vi đừng nhắn tin nữa | ngung nhan tin | đừng gửi tin cho tôi nữa | xóa số tôi đi
zh 别再发短信了 | 不要再發短信了 | 退订 | 唔好再send短信俾我 | 停止发送 | 请删除我的号码
tl wag na po kayong magtext | huwag na kayong magtext | tigilan nyo na po ang text | tanggalin nyo number ko
ar لا ترسلوا لي رسائل | وقفوا الرسائل | احذفوا رقمي | متبعتوش رسايل تاني | ما ابي رسائل
"""
STRANGERS = """
fr mauvais numéro | vous vous trompez de numéro | ce n'est plus le numéro de Paul
pt número errado | não sou essa pessoa | mandou pra pessoa errada
vi nhầm số rồi | lộn số rồi bạn ơi
zh 打错了 | 發錯人了 | 号码错了 | 换号了
tl maling numero po | wrong number po
ar الرقم غلط | رقم خطأ | غلطان بالرقم
"""


def misread(written, asked, *wanted):
    found = {text: read(text, asked=asked, language=language).kinds for language, text in read_by_lines(written)}
    return {text: kinds for text, kinds in found.items() if kinds != wanted}


def test_a_yes_confirms():
    assert misread(CONFIRMING, REMINDER, IntentKind.CONFIRM) == {}
    assert misread(CONFIRMING, OFFER, IntentKind.TAKE) == {}


def test_who_cannot_come_cancels():
    assert misread(CANCELLING, REMINDER, IntentKind.CANNOT_COME) == {}


@pytest.mark.parametrize("asked", [REMINDER, OFFER, TIMES, Asked()], ids=["reminder", "offer", "times", "nothing"])
def test_who_says_more_is_asked_or_read_by_a_person(asked):
    found = {text: read(text, asked=asked, language=language).kinds for language, text in read_by_lines(SAYS_MORE)}
    assert {text: kinds for text, kinds in found.items() if ACTS & set(kinds)} == {}


def test_an_end_of_texts_and_a_wrong_number_are_heard_whatever_was_asked():
    for asked in (REMINDER, OFFER, TIMES, Asked()):
        assert misread(STOPPING, asked, IntentKind.STOP) == {}
        assert misread(STRANGERS, asked, IntentKind.WRONG_NUMBER) == {}


def test_a_yes_with_more_leans_to_a_yes():
    for language, text in (("fr", "oui mais je suis triste"), ("zh", "可以，但是我很难过"), ("vi", "vâng nhưng")):
        reading = read(text, asked=REMINDER, language=language)
        assert (reading.leaning, reading.leftover) == (IntentKind.CONFIRM, True)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("fr", "je viens jeudi", 19),
        ("fr", "d'accord, à demain", 19),
        ("pt", "confirmo presença na sexta", 20),
        ("vi", "dạ thứ sáu em đến ạ", 20),
        ("zh", "好的，周五见", 20),
        ("zh", "好的，週五見", 20),
        ("tl", "pupunta po ako bukas", 19),
        ("ar", "سأحضر غدا", 19),
    ],
)
def test_the_day_a_yes_names_is_known_to_who_compares_it_with_the_visit(language, text, day):
    found = understand(text, asked=REMINDER, language=language, now=NOW, zone=NEW_YORK)
    assert found.reading.kinds == (IntentKind.CONFIRM,)
    assert [span.start for span in found.when.spans] == [datetime(2026, 11, day)]


@pytest.mark.parametrize(("language", "text"), [("fr", "oui à 25h"), ("zh", "好的，3点5点"), ("pt", "sim, dia 40")])
def test_a_yes_beside_a_time_that_was_not_read_is_asked(language, text):
    found = understand(text, asked=REMINDER, language=language, now=NOW, zone=NEW_YORK)
    assert found.ask
    assert IntentKind.CONFIRM not in found.reading.kinds


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("fr", "le deuxième svp", 2),
        ("pt", "a terceira, por favor", 3),
        ("vi", "số 2 nha", 2),
        ("zh", "第二個", 2),
        ("tl", "yung pangalawa po", 2),
        ("ar", "الثاني لو سمحتي", 2),
    ],
)
def test_a_choice_by_its_place(language, text, number):
    (intent,) = read(text, asked=TIMES, language=language).intents
    assert (intent.kind, intent.number) == (IntentKind.CHOOSE, number)


def test_english_with_another_language_on_file_is_read_as_english():
    assert read("yes, see you on Tuesday, thank you", asked=REMINDER, language="fr").kinds == (IntentKind.CONFIRM,)
    assert read("I can't make it, sorry", asked=REMINDER, language="zh").kinds == (IntentKind.CANNOT_COME,)
    assert read("stop texting me po", asked=REMINDER, language="tl").kinds == (IntentKind.STOP,)
    assert read("ok amigo fou", asked=REMINDER, language="fr").kinds == (IntentKind.OTHER,)


def test_letters_are_read_however_they_are_typed():
    assert line_of("ＯＫ，沒問題！") == " ok , 没 问 题 , "
    assert line_of("أهلاً") == line_of("اهلا")
    assert line_of("Não") == " nao "
    assert line_of("Đến", marks=True) == " đến "


def test_a_mark_that_is_typed_must_agree():
    assert read("tôi muộn", asked=REMINDER, language="vi").kinds == (IntentKind.LATE,)
    assert read("tôi muốn", asked=REMINDER, language="vi").kinds == (IntentKind.OTHER,)


def told_of_distress():
    for line in (HERE / "distress_core.txt").read_text("utf-8").splitlines():
        if not line.startswith("# "):
            yield line.split(" ", 2)


def test_distress_rings_and_what_borrows_its_words_does_not():
    wrong = [
        text for language, sign, text in told_of_distress() if bool(core_distress(text, language)) != (sign == "!")
    ]
    assert wrong == []


def test_an_idiom_hides_nothing_that_is_said_beside_it():
    for language, text in (("fr", "mort de rire, mais je veux mourir"), ("zh", "累死了，我不想活了")):
        assert core_distress(text, language)


def test_every_phrase_means_something():
    for name in ("core", "core_distress"):
        table = read_table(name)
        for language in LANGUAGES:
            lists = {group: written for group, written in table[language].items() if group != "fillers"}
            for source, phrase in entries_of(language, lists):
                require_meaning(compile_phrase(source, phrase, letters=ANY_LETTERS))
