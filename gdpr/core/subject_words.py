"""Data subjects' rights, states, steps and answers in words, Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping

from archiver.core.reason import Wording
from gdpr.core.subject_request import Answer, Identified, Right, State, Step

RIGHTS: Mapping[Right, Wording] = {
    Right.ACCESS: Wording("Tillgång (art. 15)", "access (art. 15)"),
    Right.RECTIFICATION: Wording("Rättelse (art. 16)", "rectification (art. 16)"),
    Right.ERASURE: Wording("Radering (art. 17)", "erasure (art. 17)"),
    Right.RESTRICTION: Wording("Begränsning (art. 18)", "restriction (art. 18)"),
    Right.PORTABILITY: Wording("Dataportabilitet (art. 20)", "portability (art. 20)"),
    Right.OBJECTION: Wording("Invändning (art. 21)", "objection (art. 21)"),
}
STATES: Mapping[State, Wording] = {
    State.RECEIVED: Wording("inkommen", "received"),
    State.IDENTIFYING: Wording("identiteten utreds", "identity asked for"),
    State.IDENTIFIED: Wording("identifierad", "identified"),
    State.COLLECTED: Wording("handlingarna framtagna", "records collected"),
    State.ANSWERED: Wording("besvarad", "answered"),
    State.REFUSED: Wording("beslut om avslag, helt eller delvis", "refused, all or in part"),
    State.SERVED: Wording("delgivet, överklagandetid löper", "served, time for appeal runs"),
    State.APPEALED: Wording("överklagad, rättidsprövas", "appealed, timeliness is tried"),
    State.IN_TIME: Wording("överklagad i rätt tid", "appealed in time"),
    State.IN_COURT: Wording("överlämnad till förvaltningsrätten", "handed to the court"),
    State.JUDGED: Wording("dom meddelad", "judged"),
    State.CLOSED: Wording("avslutad", "closed"),
}
STEPS: Mapping[Step, Wording] = {
    Step.ASK_IDENTITY: Wording("Be om uppgifter som styrker identiteten", "ask for identity"),
    Step.CONFIRM_IDENTITY: Wording("Anteckna hur personen identifierats", "confirm identity"),
    Step.COLLECT: Wording("Ange vilka handlingar det gäller", "name the records"),
    Step.EXTEND: Wording("Förläng tiden med två månader", "take two months more"),
    Step.RECTIFY: Wording("Anteckna rättelse", "note a rectification"),
    Step.WEIGH: Wording("Anteckna avvägningen", "weigh the grounds"),
    Step.ANSWER: Wording("Besvara", "answer"),
    Step.SERVE: Wording("Anteckna delgivning", "note service"),
    Step.APPEAL: Wording("Anteckna överklagande", "note an appeal"),
    Step.FIND_IN_TIME: Wording("Finn överklagandet i rätt tid", "find it in time"),
    Step.DISMISS_AS_LATE: Wording("Avvisa som för sent", "dismiss as late"),
    Step.HAND_TO_COURT: Wording("Överlämna till förvaltningsrätten", "hand to the court"),
    Step.JUDGE: Wording("Anteckna dom", "note the judgment"),
    Step.LIFT: Wording("Häv begränsningen", "lift the restriction"),
    Step.CLOSE: Wording("Avsluta", "close"),
    Step.REOPEN: Wording("Öppna igen", "reopen"),
}
ANSWERS: Mapping[Answer, Wording] = {
    Answer.GRANTED: Wording("bifall", "granted"),
    Answer.PARTLY: Wording("delvis bifall", "granted in part"),
    Answer.REFUSED: Wording("avslag", "refused"),
    Answer.NOT_HELD: Wording("inga uppgifter behandlas", "nothing is held"),
    Answer.NOT_APPLICABLE: Wording("rätten gäller inte här", "the right does not apply"),
    Answer.UNFOUNDED: Wording("uppenbart ogrundad eller orimlig", "manifestly unfounded"),
}
WAYS: Mapping[Identified, Wording] = {
    Identified.E_ID: Wording("e-legitimation", "electronic identification"),
    Identified.SHOWN_DOCUMENT: Wording("visad id-handling", "a document that was shown"),
    Identified.KNOWN_ACCOUNT: Wording("skrev från kontot det gäller", "wrote from the account"),
    Identified.REGISTERED_ADDRESS: Wording("svar till folkbokföringsadress", "registered address"),
    Identified.AGENT: Wording("ombud med fullmakt", "an agent with power of attorney"),
    Identified.NOT_NEEDED: Wording("behövdes inte", "was not needed"),
}
