"""PURE. What people write to each other. The key says the occasion; whoever writes does it in their language."""

from __future__ import annotations

import random
from collections.abc import Mapping
from enum import StrEnum

SEED = 20261


class Occasion(StrEnum):
    BRIEF = "brief"
    TERMS = "terms"
    COUNTER = "counter"
    DECLINE = "decline"
    FILES = "files"
    HELLO = "hello"
    HELLO_BACK = "hello_back"
    FIRST = "first"
    SECOND = "second"
    POINT = "point"
    RANGE = "range"
    QUESTION = "question"
    ANSWER = "answer"
    WISHES = "wishes"
    CANCEL = "cancel"
    WHERE = "where"
    LATE = "late"
    ANGRY = "angry"
    HURT = "hurt"
    LAST = "last"


# fmt: off
SENTENCES: Mapping[str, Mapping[Occasion, tuple[str, ...]]] = {
    "en": {
        Occasion.BRIEF: (
            "The voice tells the story, so it must stay in front, above all in the chorus. Keep the low end round.",
            "Small and close, as if we played in your kitchen. Please leave the breaths in.",
            "It should move. The drums are fine, everything else is still a demo.",
            "I dislike how hard the rough is. The last minute may be loud, the rest should be able to wait for it.",
        ),
        Occasion.TERMS: (
            "Send the stems dry. You get one master at -14 LUFS.",
            "I would re-amp the guitar if you have the dry take. One master, two rounds of changes.",
        ),
        Occasion.COUNTER: ("Would 10 days and a lower price work? There is no hurry on our side.",),
        Occasion.DECLINE: (
            "Beautiful, and not my music: you want somebody who lives in this style. Ask Lena.",
            "I am full until the end of the month and would only keep you waiting. I am sorry.",
        ),
        Occasion.FILES: ("The kick is meant to be dirty.", "The bass is mono, recorded once. All stems start at zero."),
        Occasion.HELLO: (
            "Thanks for taking this. The second verse has two takes of the voice; take the braver one.",
            "Hi, we are happy to have you. Call the low note in bar nine a friend.",
        ),
        Occasion.HELLO_BACK: (
            "Heard it twice already. I begin tomorrow morning and write when the first version is up.",
            "Files are fine, thank you for naming them so well.",
        ),
        Occasion.FIRST: (
            "Drums and bass glued, guitar left of the voice, pad pulled back.",
            "The voice is dry on purpose, tell me if you miss the room.",
        ),
        Occasion.SECOND: (
            "Voice up 3.5 dB, low shelf down over the whole song.",
            "All of your list is in. The snare is shorter now, too.",
        ),
        Occasion.POINT: ("This hit is too sharp.", "Lovely. Do not touch this.", "The breath here may be louder."),
        Occasion.RANGE: (
            "The voice drowns here, please louder from here on.",
            "The pad covers the guitar in these bars.",
        ),
        Occasion.QUESTION: ("Is the echo on the last word yours, or is it in our take?",),
        Occasion.ANSWER: ("It is in your take. I can turn it down, but not out.",),
        Occasion.WISHES: (
            "1. The voice louder. 2. A little less low end. 3. Leave the ending as it is.",
            "1. The guitar further left. 2. The pad half as loud in the verse.",
        ),
        Occasion.CANCEL: (
            "We record the song again, with a new drummer. Sorry for the trouble.",
            "Our release has moved to spring, so there is no hurry any more.",
        ),
        Occasion.WHERE: ("The first version was due yesterday. Our label asks me every hour. When does it come?",),
        Occasion.LATE: ("I was ill and said nothing, that was wrong of me. It is up now.",),
        Occasion.ANGRY: (
            "Two days late, and the snare is from another song. I asked for the rough with better clothes on, and you"
            " changed the drummer. I will not pay for this.",
        ),
        Occasion.HURT: (
            "The snare is yours, stem two, turned up by 1 dB. Please play both at the same level before you write like"
            " this. The delay is my fault, the sound is your recording.",
        ),
        Occasion.LAST: ("I have played it to the whole band. Nobody hears it your way. I want my money back.",),
    },
    "ru": {
        Occasion.BRIEF: (
            "Историю рассказывает голос, поэтому он должен быть впереди, особенно в припеве. Низ оставьте круглым.",
            "Маленький, близкий звук, будто мы играем у вас на кухне. Вдохи не вырезайте.",
            "Песня должна ехать. Барабаны хороши, остальное пока черновик.",
        ),
        Occasion.TERMS: (
            "Дорожки пришлите без обработки. Вы получите один мастер, -14 LUFS.",
            "Голос подравняю по тону, если вы не против. Два круга правок входят в цену.",
        ),
        Occasion.COUNTER: ("Можно за десять дней и немного дешевле? Нам не к спеху.",),
        Occasion.DECLINE: ("Хорошая песня, но не моя: я так не умею. Спросите Лену.",),
        Occasion.FILES: (
            "Бочка перегружена намеренно. Бас записан в моно, все дорожки начинаются с нуля.",
            "Голос записан дома, в начале слышен холодильник.",
        ),
        Occasion.HELLO: (
            "Здравствуйте! Второй куплет спет дважды, возьмите тот дубль, что смелее.",
            "Спасибо, что взялись. Если что-то не так с файлами, пишите сразу.",
        ),
        Occasion.HELLO_BACK: ("Послушал дважды. Начну завтра утром и напишу, когда будет первая версия.",),
        Occasion.FIRST: ("Барабаны и бас собраны, гитара левее голоса, пэд убран назад.",),
        Occasion.SECOND: ("Голос громче на 3,5 дБ, низ чуть убран во всей песне.",),
        Occasion.POINT: ("Этот удар слишком резкий.", "Здесь прекрасно, не трогайте."),
        Occasion.RANGE: ("Голос здесь тонет, отсюда и дальше громче, пожалуйста.",),
        Occasion.QUESTION: ("Эхо на последнем слове добавили вы или оно есть в нашей записи?",),
        Occasion.ANSWER: ("Оно в вашей записи. Сделать тише могу, убрать совсем нет.",),
        Occasion.WISHES: (
            "1. Голос громче. 2. Чуть меньше низа. 3. Концовку оставьте как есть.",
            "1. Гитару левее. 2. Пэд в куплете вдвое тише.",
        ),
        Occasion.CANCEL: ("Решили перезаписать песню с новым барабанщиком. Простите за хлопоты.",),
        Occasion.WHERE: ("Первую версию ждали вчера. Когда она будет?",),
        Occasion.LATE: ("Болел и промолчал, это моя ошибка. Версия уже здесь.",),
        Occasion.ANGRY: ("Опоздали на два дня, а малый барабан из другой песни. За это я платить не буду.",),
        Occasion.HURT: ("Барабан ваш, дорожка два, громче на 1 дБ. Сравните на одной громкости.",),
        Occasion.LAST: ("Послушали всей группой. Верните деньги.",),
    },
}
# fmt: on


def said(occasion: Occasion, *, language: str, title: str) -> str:
    """What is written on this occasion about this song; the same on every run."""
    choices = SENTENCES[language][occasion]
    return random.Random(f"{SEED} {title} {occasion}").choice(choices)  # noqa: S311  play, not a secret
