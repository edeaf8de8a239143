import Foundation
import Intelligence
import Testing

@Suite(.serialized) struct LLMRedactionTests {
    /// Text, what must be gone, what must stand there instead.
    static let hidden: [(String, String, Redaction.Kind)] = [
        ("My password: hunter2 does not work", "hunter2", .secret), ("my password is correcthorse", "correcthorse", .secret),
        ("PASSWORD=S3cr3t!", "S3cr3t", .secret), ("\"password\": \"abc\"", "abc", .secret), ("DB_PASSWORD=qwertz", "qwertz", .secret),
        ("login --token abcdef", "abcdef", .secret), ("api key: k-1", "k-1", .secret), ("my pin is 4711", "4711", .secret),
        ("passphrase: four words in line", "four words in line", .secret), ("MFA code: 123456", "123456", .secret),
        ("password hunter2x!", "hunter2x", .secret), ("password:\nhunter2", "hunter2", .secret),
        ("Mein Passwort ist Sommer2024", "Sommer2024", .secret), ("Kennwort: geheim", "geheim", .secret),
        ("das Passwort lautet: blau", "blau", .secret), ("Einmalcode: 778899", "778899", .secret),
        ("Mi contraseña es Verano2024", "Verano2024", .secret), ("clave: gato", "gato", .secret),
        ("código de verificación: 445566", "445566", .secret),
        ("Mon mot de passe est Ete2024", "Ete2024", .secret), ("mdp : soleil", "soleil", .secret),
        ("mot de passe : soleil", "soleil", .secret),
        ("Minha senha é Verao2024", "Verao2024", .secret), ("palavra-passe: gato", "gato", .secret), ("senha: gato", "gato", .secret),
        ("La mia password è Estate2024", "Estate2024", .secret), ("parola d'ordine: gatto", "gatto", .secret),
        ("ｐａｓｓｗｏｒｄ： hunter2", "hunter2", .secret), ("pass\u{200B}word: hunter2", "hunter2", .secret),
        ("https://bob:pa55@host.example/x", "bob:pa55", .secret),
        ("mail me at Jane.Doe+x@mail.example.org.", "Jane.Doe", .email), ("ana＠example.com", "example.com", .email),
        ("call +49 30 1234567", "1234567", .phone), ("appelez le 06 12 34 56 78", "12 34 56", .phone),
        ("(555) 123-4567 is mine", "123-4567", .phone), ("0049301234567", "301234567", .phone), ("tel. 030/1234567", "1234567", .phone),
        ("card 4111 1111 1111 1111", "1111", .card),
        ("key sk-abcdEFGH1234567890", "abcdEFGH", .token), ("ghp_abcdefghij0123456789", "abcdefghij", .token),
        ("Authorization: Bearer abcdefghijkl", "abcdefghijkl", .token), ("AKIAABCDEFGHIJKLMNO1", "ABCDEFGH", .token),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJzdWIi", .token),
        ("d41d8cd98f00b204e9800998ecf8427e", "d41d8cd9", .token),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----\nthanks", "MIIabc", .token)
    ]

    @Test(arguments: hidden)
    func `secrets and personal data are taken out`(text: String, gone: String, kind: Redaction.Kind) {
        let result = Redaction()(text)
        #expect(!result.text.contains(gone), "\(result.text)")
        #expect(result.counts[kind] == 1, "\(result)")
        #expect(result.text.contains("[\(kind.rawValue)]"))
    }

    static let kept = [
        "My password is wrong", "password reset does not work", "mein Passwort ist abgelaufen", "mi contraseña no funciona",
        "mon mot de passe est expiré", "minha senha está errada", "la password è sbagliata", "error code: 5001", "error code 0x80070005",
        "at 2026-11-22 16:19:27 it froze", "since 22.11.2026 16:19", "version 1.26.4 on 10.0.0.12", "ticket 4711 of module L-7",
        "KE-1001 and KE-2001", "run /opt/startup.sh in lab-vm-03", "550e8400-e29b-41d4-a716-446655440000", "took 12345678 ms",
        "the key is under the mat", "ça se passe mal", "look at @home", "", "🙂"
    ]

    @Test(arguments: kept)
    func `what the model needs stays`(text: String) {
        let result = Redaction()(text)
        #expect(result.text == text)
        #expect(result.counts.isEmpty)
    }

    @Test func `the text around stays as it is`() {
        let text = "Grüße, user ana@example.com, password: x1! — and Straße 🙂"
        #expect(Redaction()(text).text == "Grüße, user [email], password: [secret] — and Straße 🙂")
    }

    @Test func `known names go, addresses only when told`() {
        let result = Redaction(hidesAddresses: true, known: ["José Núñez", "jn", "u-17"])("Jose Nunez (U-17, jn) on 10.0.0.12")
        #expect(result.text == "[name] ([name], jn) on [address]")
        #expect(Redaction(known: ["Ana"])("Banana ana").text == "Banana [name]")
    }

    @Test func `a second pass finds nothing`() {
        for (text, _, _) in Self.hidden {
            let once = Redaction()(text).text
            #expect(Redaction()(once).text == once)
        }
    }

    /// Texts made to provoke a second look at the same place.
    static let hostile = [
        "a", "@", "1 ", "a@", "password:", "password ", "1-", "://", "-----begin ", "+1(", "a.", "eyj", "is ", "pass(", "password is ", "pass*a-"
    ]

    @Test(.timeLimit(.minutes(1)), arguments: hostile)
    func `the time grows with the text, not with its square`(piece: String) async {
        // Seconds of computing would hold up every other test if they ran on the pool's few threads.
        let isLinear = await offPool {
            func time(_ count: Int) -> Duration {
                let text = String(repeating: piece, count: count / piece.count)
                return ContinuousClock().measure { _ = Redaction()(text) }
            }
            _ = time(2000)
            // Eight times the text; a square would take 64 times as long. The best of three, because the machine is not ours alone.
            return (0..<3).contains { _ in time(16_000) < max(time(2000), .milliseconds(1)) * 32 }
        }
        #expect(isLinear)
    }
}

private func offPool<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: work()) }
    }
}
