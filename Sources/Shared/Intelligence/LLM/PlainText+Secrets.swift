extension PlainText {
    /// Words after which a secret stands, without accents.
    private static let names: Set<String> = [
        "password", "passwords", "passwd", "passwort", "passwrd", "pwd", "pw", "pass", "passphrase", "passcode", "secret", "token", "apikey", "pin",
        "otp", "credential", "credentials", "kennwort", "geheimwort", "losung", "einmalpasswort", "einmalcode", "sicherheitscode",
        "zugangscode", "bestatigungscode", "zugangsdaten", "tan", "contrasena", "clave", "mdp", "senha", "parola", "secretkey",
        "accesskey", "privatekey", "accesstoken", "clientsecret"
    ]
    /// Words that name a secret only after one of these others, or joined to it by a sign.
    private static let namesAfter: [String: Set<String>] = [
        "key": ["api", "access", "secret", "private", "encryption", "recovery", "license", "auth", "ssh", "account", "shared"],
        "code": [
            "mfa", "otp", "2fa", "verification", "security", "access", "recovery", "backup", "auth", "login", "sms", "factor", "time", "reset"
        ],
        "passe": ["de", "palavra"], "acces": ["d", "code"], "acceso": ["de"], "accesso": ["di"], "acesso": ["de"],
        "ordine": ["d"], "verificacion": ["de"], "verificacao": ["de"], "verifica": ["di"], "verification": ["de"], "securite": ["de"],
        "seguridad": ["de"], "seguranca": ["de"], "sicurezza": ["di"], "segreta": ["parola", "chiave"], "secreta": ["clave", "chave", "palabra"]
    ]
    /// Words between the name and the secret.
    private static let links: Set<String> = [
        "is", "was", "ist", "war", "lautet", "es", "era", "est", "etait", "e", "eh", ":", "="
    ]
    /// What a requester says about a password without giving it.
    private static let harmless: Set<String> = [
        "a", "an", "the", "not", "no", "never", "wrong", "incorrect", "correct", "right", "expired", "invalid", "valid", "rejected", "refused",
        "accepted", "always", "still", "again", "too", "being", "locked", "lost", "gone", "reset", "changed", "same", "required", "forgotten",
        "unknown", "weak", "old", "new", "empty", "missing", "broken", "blocked", "disabled", "about", "only", "what", "my", "that",
        "falsch", "abgelaufen", "ungultig", "nicht", "richtig", "korrekt", "weg", "vergessen", "gesperrt", "immer", "noch", "zu", "mir",
        "incorrecta", "incorrecto", "caducada", "caducado", "invalida", "invalido", "correcta", "correcto", "expirada", "vencida", "olvidada",
        "bloqueada", "siempre", "muy", "la", "el", "una", "un",
        "incorrecte", "expire", "invalide", "pas", "faux", "bon", "perdu", "oublie", "bloque", "toujours", "trop", "le", "mon", "refuse",
        "incorreta", "errada", "errado", "esquecida", "sempre", "muito", "a", "o", "uma", "nao", "minha",
        "sbagliata", "errata", "scaduta", "scaduto", "dimenticata", "bloccata", "corretta", "molto", "non", "una", "mia", "valida"
    ]

    /// What stands after "password:", "ist mein Kennwort =", "--token", in six languages.
    func namedSecrets() -> [Redaction.Passage] {
        var found: [Redaction.Passage] = []
        let words = words()
        var before = ""
        var end = 0
        for (number, range) in words.enumerated() {
            let word = string(range)
            defer { before = word }
            // Nothing is read twice: what stands in a secret names no other.
            if range.lowerBound < end { continue }
            guard Self.names.contains(word) || Self.namesAfter[word]?.contains(before) == true else { continue }
            let isOption = has("-", at: words[number].lowerBound - 1) && range.upperBound < count && scalars[range.upperBound] == 0x20
            if let value = secret(after: range.upperBound, isOption: isOption, isPhrase: word == "passphrase") {
                found.append(Redaction.Passage(range: value, kind: .secret))
                end = value.upperBound
            }
        }
        return found
    }

    /// The secret that follows a name, if one does. Looks at most 24 places ahead for its beginning.
    private func secret(after name: Int, isOption: Bool, isPhrase: Bool) -> Range<Int>? {
        var index = name
        let horizon = min(count, name + 24)
        var isSigned = false
        var isLinked = false
        while index < horizon {
            if has(":", at: index) || has("=", at: index) {
                isSigned = true
                index += 1
            } else if isSpace(index) || [0x22, 0x27, 0x60, 0x28, 0x2A, 0x3E].contains(scalars[index]) {
                index += 1
            } else if !isSigned, isWord(index) {
                var end = index
                while end < horizon, isWord(end) { end += 1 }
                guard Self.links.contains(string(index..<end)) else { break }
                isLinked = true
                index = end
            } else {
                break
            }
        }
        guard index < count, index > name, !isPlaceholder(index) else { return nil }
        var end = index
        // What may turn out to be no secret is read up to a bound, because it is read again.
        let limit = isSigned || isOption ? count : min(count, index + 256)
        while end < limit, isPhrase && isSigned ? !isLineEnd(end) : !isSpace(end) { end += 1 }
        while end > index, [0x22, 0x27, 0x60, 0x2C, 0x3B, 0x29, 0x2E].contains(scalars[end - 1]) { end -= 1 }
        guard end > index else { return nil }
        if isSigned || isOption { return index..<end }
        if isLinked { return Self.harmless.contains(string(index..<end)) ? nil : index..<end }
        // Without any link, as in "password hunter2", only what is no plain word.
        let looksMade = (index..<end).contains(where: isDigit) && (index..<end).contains(where: isLetter) && end - index >= 6
        return looksMade ? index..<end : nil
    }

    private func isPlaceholder(_ index: Int) -> Bool {
        has("[", at: index) && Redaction.Kind.allCases.contains { has($0.placeholder, at: index) }
    }

    /// PEM blocks of private keys, to their end or to the end of the text.
    func keyBlocks() -> [Redaction.Passage] {
        var found: [Redaction.Passage] = []
        var index = 0
        while index < count {
            guard scalars[index] == 0x2D, has("-----begin ", at: index) else {
                index += 1
                continue
            }
            var end = index + 11
            while end < count, !has("-----end ", at: end) { end += 1 }
            if end < count { end += 9 }
            while end < count, !isLineEnd(end) { end += 1 }
            found.append(Redaction.Passage(range: index..<end, kind: .token))
            index = end
        }
        return found
    }

    /// Name and password in an address: `scheme://name:password@host`.
    func userInfos() -> [Redaction.Passage] {
        var found: [Redaction.Passage] = []
        var index = 0
        while index < count {
            guard has("://", at: index) else {
                index += 1
                continue
            }
            let start = index + 3
            var end = start
            while end < count, end - start < 256, !isSpace(end), !has("/", at: end), !has("@", at: end) { end += 1 }
            if has("@", at: end), end > start { found.append(Redaction.Passage(range: start..<end, kind: .secret)) }
            index = max(end, start)
        }
        return found
    }

    private static let prefixes = [
        "sk-", "pk-", "rk_", "sk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-", "akia", "asia",
        "aiza",
        "eyj", "ya29.", "npm_", "pypi-", "hf_", "shpat_", "dop_v1_", "age-secret-key-"
    ]

    /// Keys and tokens by their form: known beginnings, what follows `Bearer`, and long runs that no one would write.
    func tokens() -> [Redaction.Passage] {
        var found: [Redaction.Passage] = []
        var index = 0
        var wordBefore = ""
        while index < count {
            guard isTokenSign(index) else {
                index += 1
                continue
            }
            let start = index
            while index < count, isTokenSign(index) { index += 1 }
            let run = start..<index
            let isAfterBearer = wordBefore == "bearer" || wordBefore == "basic"
            wordBefore = run.count <= 8 ? string(run) : ""
            if isToken(run) || (isAfterBearer && run.count >= 12) { found.append(Redaction.Passage(range: run, kind: .token)) }
        }
        return found
    }

    private func isTokenSign(_ index: Int) -> Bool {
        let value = scalars[index]
        return (0x61...0x7A).contains(value) || isDigit(index) || value == 0x2D || value == 0x5F || value == 0x2B || value == 0x2E
    }

    private func isToken(_ run: Range<Int>) -> Bool {
        if run.count >= 16, Self.prefixes.contains(where: { has($0, at: run.lowerBound) }), run.contains(where: isDigit) { return true }
        guard run.count >= 24 else { return false }
        var digits = 0
        var upper = 0
        var lower = 0
        var hexadecimal = 0
        var signs = 0
        for index in run {
            if isDigit(index) { digits += 1 } else if isUpper(index) { upper += 1 } else if isLetter(index) { lower += 1 } else { signs += 1 }
            if isDigit(index) || (0x61...0x66).contains(scalars[index]) { hexadecimal += 1 }
        }
        // A digest or a key; an identifier in the form of a UUID has signs.
        if run.count >= 32, hexadecimal == run.count, digits >= 4 { return true }
        return digits >= 3 && upper >= 3 && lower >= 3 && signs <= run.count / 8 && hexadecimal + signs < run.count
    }
}
