import Domain
import Intelligence
import Testing

@Suite struct LanguageTests {
    let languages = LanguageIdentifier()

    static let sentences: [(String, [String])] = [
        (
            "en",
            [
                "Yesterday I could open the exercise, but today nothing happens when I press the button.",
                "Could somebody please look at my machine?", "The second task does not accept my answer."
            ]
        ),
        (
            "de",
            [
                "Gestern konnte ich die Übung noch öffnen, heute passiert nichts mehr.", "Könnte sich bitte jemand meine Maschine ansehen?",
                "Die zweite Aufgabe nimmt meine Antwort nicht an."
            ]
        ),
        (
            "es",
            [
                "Ayer pude abrir el ejercicio, pero hoy no pasa nada cuando pulso el botón.", "¿Alguien puede mirar mi máquina, por favor?",
                "La segunda tarea no acepta mi respuesta."
            ]
        ),
        (
            "fr",
            [
                "Hier je pouvais ouvrir l'exercice, mais aujourd'hui il ne se passe rien.",
                "Quelqu'un peut-il regarder ma machine, s'il vous plaît ?", "La deuxième tâche n'accepte pas ma réponse."
            ]
        ),
        (
            "pt",
            [
                "Ontem consegui abrir o exercício, mas hoje não acontece nada quando carrego no botão.",
                "Alguém pode ver a minha máquina, por favor?", "A segunda tarefa não aceita a minha resposta."
            ]
        ),
        (
            "it",
            [
                "Ieri riuscivo ad aprire l'esercizio, ma oggi non succede nulla quando premo il pulsante.",
                "Qualcuno può guardare la mia macchina, per favore?", "Il secondo compito non accetta la mia risposta."
            ]
        ),
        ("nl", ["Gisteren kon ik de oefening nog openen, maar vandaag gebeurt er niets meer.", "Kan iemand alstublieft naar mijn computer kijken?"]),
        (
            "sv",
            ["Igår kunde jag öppna övningen, men idag händer ingenting när jag trycker på knappen.", "Kan någon vara snäll och titta på min dator?"]
        ),
        (
            "da",
            [
                "I går kunne jeg åbne øvelsen, men i dag sker der ingenting, når jeg trykker på knappen.",
                "Hvad skal jeg gøre for at få adgang til øvelsen igen?"
            ]
        ),
        (
            "nb",
            [
                "I går kunne jeg åpne øvelsen, men i dag skjer det ingenting når jeg trykker på knappen.",
                "Hva må jeg gjøre for å få tilgang til oppgaven igjen?"
            ]
        ),
        ("fi", ["Eilen pystyin avaamaan harjoituksen, mutta tänään mitään ei tapahdu.", "Voisiko joku katsoa konettani?"]),
        ("pl", ["Wczoraj mogłem otworzyć ćwiczenie, ale dzisiaj nic się nie dzieje.", "Czy ktoś może sprawdzić moją maszynę?"]),
        ("cs", ["Včera jsem mohl cvičení otevřít, ale dnes se nic neděje.", "Mohl by se prosím někdo podívat na můj počítač?"]),
        ("hu", ["Tegnap még meg tudtam nyitni a gyakorlatot, de ma semmi sem történik.", "Valaki meg tudná nézni a gépemet, kérem?"]),
        ("ro", ["Ieri am putut deschide exercițiul, dar astăzi nu se întâmplă nimic.", "Poate cineva să se uite la calculatorul meu, vă rog?"]),
        ("tr", ["Dün alıştırmayı açabiliyordum ama bugün düğmeye bastığımda hiçbir şey olmuyor.", "Birisi bilgisayarıma bakabilir mi lütfen?"]),
        ("vi", ["Hôm qua tôi có thể mở bài tập nhưng hôm nay không có gì xảy ra.", "Ai đó có thể xem máy của tôi được không?"]),
        ("id", ["Kemarin saya bisa membuka latihan, tetapi hari ini tidak terjadi apa-apa.", "Bisakah seseorang memeriksa mesin saya?"]),
        ("ru", ["Вчера я мог открыть упражнение, но сегодня ничего не происходит.", "Посмотрите, пожалуйста, мою машину."]),
        ("uk", ["Учора я міг відкрити вправу, але сьогодні нічого не відбувається.", "Чи може хтось подивитися мою машину?"]),
        ("el", ["Χθες μπορούσα να ανοίξω την άσκηση, αλλά σήμερα δεν συμβαίνει τίποτα."]),
        ("ar", ["بالأمس كنت أستطيع فتح التمرين، لكن اليوم لا يحدث شيء عندما أضغط على الزر."]),
        ("fa", ["دیروز می‌توانستم تمرین را باز کنم، اما امروز هیچ اتفاقی نمی‌افتد."]),
        ("he", ["אתמול יכולתי לפתוח את התרגיל, אבל היום לא קורה כלום."]),
        ("hi", ["कल मैं अभ्यास खोल सकता था, लेकिन आज कुछ नहीं होता।"]),
        ("th", ["เมื่อวานฉันเปิดแบบฝึกหัดได้ แต่วันนี้ไม่มีอะไรเกิดขึ้น"]),
        ("ko", ["어제는 연습 문제를 열 수 있었지만 오늘은 아무 일도 일어나지 않습니다."]),
        ("ja", ["昨日は演習を開けましたが、今日はボタンを押しても何も起こりません。", "パソコンが動きません"]),
        ("zh", ["昨天我还能打开练习，但今天按下按钮后什么都没有发生。", "请检查我的虚拟机"])
    ]

    @Test func `sentences are told apart`() {
        var total = 0
        var wrong: [String] = []
        for (language, texts) in Self.sentences {
            for text in texts {
                total += 1
                let guess = languages.identify(NormalisedText(text))
                if guess.code != language { wrong.append("\(language) as \(guess.code): \(text)") }
            }
        }
        #expect(Set(Self.sentences.map(\.0)).count >= 24)
        #expect(wrong.count * 50 <= total, "\(wrong)")
    }

    @Test func `at least 24 languages can be answered, every one of the sample among them`() {
        #expect(LanguageIdentifier.languages.count >= 24)
        #expect(Set(Self.sentences.map(\.0)).isSubset(of: LanguageIdentifier.languages))
    }

    @Test(arguments: ["", "   ", "12345 67", "!?", "😀 👍🏽", "ok", "\u{301}\u{301}", "\u{200B}"])
    func `no ground, no guess`(text: String) {
        let guess = languages.identify(NormalisedText(text))
        #expect(guess.code == "und")
        #expect(guess.confidence == 0)
    }

    @Test func `decomposed letters count as composed ones`() {
        let composed = "Können Sie mir bitte helfen, meine Übung öffnet sich nicht mehr für mich"
        let decomposed = composed.replacing("ö", with: "o\u{308}").replacing("Ü", with: "U\u{308}").replacing("ü", with: "u\u{308}")
        #expect(languages.identify(NormalisedText(composed)) == languages.identify(NormalisedText(decomposed)))
    }
}
