"""The page of phones, in a real browser."""

import aiohttp
import pytest

from bot.sandbox.config import Guide, PhoneName, Sender
from bot.sandbox.inbound import take_in
from tests.rig.browser import axe_violations
from tests.sandbox.conftest import ANA, BEN, OFFICE

pytestmark = pytest.mark.asyncio

PHONES = (PhoneName(number=ANA, title="Ana's phone"), PhoneName(number=BEN, title="Ben's phone"))
LINK = "http://127.0.0.1:8080/l/q8Zt3kLm9RwXyB2vCd4EfG"


@pytest.fixture
async def shop(open_line):
    return await open_line(
        phones=PHONES, guide=Guide(steps=("Answer C on Ana's phone.",)), time_zone="America/New_York"
    )


def phone(page, title):
    return page.get_by_role("region", name=title)


async def test_the_page_allows_nothing_foreign_and_keeps_nothing(shop):
    for path in ("/", "/static/phones.css", "/static/phones.js", "/static/icon.svg", "/phones.json"):
        async with shop.http.get(shop.base + path) as answer:
            assert answer.status == 200
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "unsafe" not in policy
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"


async def test_an_unchanged_page_is_not_sent_again(shop):
    async with shop.http.get(shop.base + "/phones.json") as answer:
        version = (await answer.json())["version"]
    async with shop.http.get(shop.base + "/phones.json", params={"version": version}) as answer:
        assert answer.status == 204
    await shop.text()
    async with shop.http.get(shop.base + "/phones.json", params={"version": version}) as answer:
        assert answer.status == 200


async def test_looking_changes_nothing(shop):
    await shop.text()
    await shop.carrier.idle()
    before = shop.carrier.texts.version
    for path in ("/", "/phones.json", "/demo", "/control/ledger", "/control/faults", "/control/phones", "/phones"):
        async with shop.http.get(shop.base + path):
            pass
    assert shop.carrier.texts.version == before


@pytest.mark.browser
async def test_a_text_arrives_and_is_answered_without_a_reload(shop, pages):
    page = await pages.open(shop.base)
    ana = phone(page, "Ana's phone")
    await ana.get_by_text("No texts yet").wait_for()
    await shop.text(ANA, f"Lee Office: visit Wed, 12:30 PM. Reply C to confirm. {LINK} Reply STOP to end texts.")
    await ana.get_by_text("Lee Office: visit Wed").wait_for()
    link = ana.get_by_role("link")
    assert await link.get_attribute("href") == LINK
    assert await link.get_attribute("rel") == "noopener noreferrer"
    assert await link.get_attribute("target") == "_blank"

    await ana.get_by_role("button", name="Send C").click()
    await ana.get_by_text("Delivered", exact=True).wait_for()
    await ana.get_by_role("textbox").fill("see you then")
    await ana.get_by_role("textbox").press("Enter")
    await ana.get_by_text("see you then").wait_for()
    assert [one["Body"] for one in shop.practice.inbound] == ["C", "see you then"]
    assert {(one["From"], one["To"]) for one in shop.practice.inbound} == {(ANA, OFFICE)}
    assert await phone(page, "Ben's phone").get_by_text("see you then").count() == 0


@pytest.mark.browser
async def test_words_of_a_text_are_never_markup(shop, pages):
    evil = "<img src=x onerror=alert(1)> <b>bold</b> javascript:alert(1)"
    page = await pages.open(shop.base)
    await shop.text(ANA, evil)
    await phone(page, "Ana's phone").get_by_text(evil).wait_for()
    assert await page.locator(".bubble img, .bubble b, .bubble a").count() == 0


@pytest.mark.browser
async def test_a_half_written_reply_survives_what_arrives_meanwhile(shop, pages):
    page = await pages.open(shop.base)
    field = phone(page, "Ana's phone").get_by_role("textbox")
    await field.fill("I am not sure y")
    await field.focus()
    await shop.text(ANA, "Lee Office: one more thing")
    await phone(page, "Ana's phone").get_by_text("one more thing").wait_for()
    assert await field.input_value() == "I am not sure y"
    assert await field.evaluate("field => field === document.activeElement")


@pytest.mark.browser
async def test_what_went_wrong_is_said_in_words(shop, pages):
    shop.faults(undelivered_numbers={BEN: 30003})
    shop.practice.will_answer(status=500)
    await shop.reply("C", ANA)
    await shop.text(BEN, "Lee Office: a time opened")
    page = await pages.open(shop.base)
    await phone(page, "Ana's phone").get_by_text("The practice did not answer (11200)").wait_for()
    await phone(page, "Ben's phone").get_by_text("Did not arrive (30003)").wait_for()
    await phone(page, "Ben's phone").get_by_role("textbox").fill("stop")
    await phone(page, "Ben's phone").get_by_role("button", name="Send", exact=True).click()
    await phone(page, "Ben's phone").get_by_text("Texts stopped").wait_for()
    await phone(page, "Ben's phone").get_by_text("From the carrier itself").wait_for()


@pytest.mark.browser
async def test_a_phone_can_be_added(shop, pages):
    page = await pages.open(shop.base)
    await page.get_by_text("Add a phone").click()
    await page.get_by_label("Number").fill("555")
    await page.get_by_role("button", name="Add phone").click()
    await page.get_by_text("Write the number like").wait_for()
    await page.get_by_label("Number").fill("+1 (555) 010-0177")
    await page.get_by_label("Name of the phone").fill("Mother's phone")
    await page.get_by_role("button", name="Add phone").click()
    await phone(page, "Mother's phone").get_by_text("(555) 010-0177").wait_for()
    assert await page.get_by_text("Write the number like").count() == 0


@pytest.mark.browser
async def test_many_phones_are_shown_on_request(open_line, pages):
    line = await open_line()
    for number in range(15):
        await line.text(f"+155501002{number:02}", "hello")
    await line.carrier.idle()
    page = await pages.open(line.base)
    await page.get_by_role("button", name="Show 3 more phones").click()
    await page.locator(".phone").nth(14).wait_for()
    assert not await page.locator("#more").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_the_page_is_accessible_and_fits(shop, pages, width, dark):
    shop.faults(undelivered_numbers={BEN: 30003})
    await shop.text(ANA, f"Lee Office: visit Wed. Reply C to confirm. {LINK}")
    await shop.text(BEN)
    await shop.reply("STOP", BEN)
    await shop.carrier.idle()
    page = await pages.open(shop.base, width=width, dark=dark)
    await page.locator(".note").first.wait_for()
    await page.get_by_text("Add a phone").click()
    assert await axe_violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    small = await page.evaluate(
        "[...document.querySelectorAll('button, input, select, summary')].filter(one => one.checkVisibility())"
        ".map(one => one.getBoundingClientRect()).filter(box => box.height < 44 || box.width < 44).length"
    )
    assert small == 0


@pytest.mark.browser
async def test_the_newest_text_is_in_view(shop, pages):
    for number in range(12):
        await shop.text(ANA, f"Lee Office: text number {number} of a long conversation")
    await shop.carrier.idle()
    page = await pages.open(shop.base, width=390)
    newest = phone(page, "Ana's phone").get_by_text("text number 11 of")
    await newest.wait_for()
    thread = phone(page, "Ana's phone").locator(".thread")
    assert await thread.evaluate("one => one.scrollHeight - one.scrollTop - one.clientHeight < 2")


SID = "HX" + "a" * 32


@pytest.fixture
async def chatting(open_line):
    """A line with a WhatsApp sender and one approved template."""
    return await open_line(
        phones=PHONES,
        senders=(Sender(number=OFFICE), Sender(number=f"whatsapp:{OFFICE}")),
        templates={SID: "Lee Office: visit {{1}}. Reply C to confirm."},
    )


async def created(shop, **form) -> tuple[int, int | None]:
    """Status and error code of a create."""
    account, token = shop.carrier.config.account_sid, shop.carrier.config.auth_token
    headers = {"Authorization": aiohttp.encode_basic_auth(account, token)}
    path = f"{shop.base}/2010-04-01/Accounts/{account}/Messages.json"
    async with shop.http.post(path, data=form, headers=headers) as answer:
        return answer.status, (await answer.json()).get("code")


async def test_whatsapp_takes_templates_and_free_words_only_for_a_day(chatting):
    to = {"To": f"whatsapp:{ANA}", "From": f"whatsapp:{OFFICE}"}
    assert await created(chatting, **to, ContentSid=SID, ContentVariables='{"1": "Tue"}') == (201, None)
    assert await created(chatting, **to, Body="free words") == (201, None)
    assert await created(chatting, **to, ContentSid="HX" + "b" * 32) == (400, 21655)
    assert await created(chatting, **to, ContentSid=SID, ContentVariables='{"1": ""}') == (400, 21656)
    assert await created(chatting, **to, ContentSid=SID, ContentVariables="no") == (400, 21656)
    assert await created(chatting, To=f"whatsapp:{ANA}", From=OFFICE, Body="x") == (400, 21910)
    await chatting.carrier.idle()
    take_in(chatting.carrier, phone=f"whatsapp:{ANA}", to=f"whatsapp:{OFFICE}", body="STOP")
    assert await created(chatting, **to, Body="confirmed") == (201, None)  # the carrier leaves STOP to the practice
    chatting.carrier.reconfigure({"not_on_whatsapp": [BEN]})
    assert await created(chatting, To=f"whatsapp:{BEN}", From=f"whatsapp:{OFFICE}", Body="x") == (201, None)
    await chatting.carrier.idle()
    ends = {text.body: (text.status, text.error_code) for text in chatting.carrier.texts if not text.inbound}
    assert ends == {
        "Lee Office: visit Tue. Reply C to confirm.": ("delivered", None),
        "free words": ("undelivered", 63016),
        "confirmed": ("delivered", None),
        "x": ("undelivered", 63003),
    }


@pytest.mark.browser
async def test_a_chat_stands_in_its_phone_and_is_answered_there(chatting, pages):
    to = {"To": f"whatsapp:{ANA}", "From": f"whatsapp:{OFFICE}"}
    await created(chatting, **to, ContentSid=SID, ContentVariables='{"1": "Tue"}')
    page = await pages.open(chatting.base)
    ana = phone(page, "Ana's phone")
    await ana.get_by_text("Lee Office: visit Tue.").wait_for()
    await ana.get_by_role("button", name="Send C").click()
    await ana.locator(".text.chat.mine").get_by_text("C", exact=True).wait_for()
    assert [text.sender for text in chatting.carrier.texts if text.inbound] == [f"whatsapp:{ANA}"]
    assert await axe_violations(page) == []
