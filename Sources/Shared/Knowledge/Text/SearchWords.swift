/// Cuts text into the words that are searched for.
enum SearchWords {
    /// What is read of a text at most, in bytes.
    static let maximumBytes = 32 * 1024
    /// A longer run of letters is no word anyone searches for. In bytes.
    private static let longestWord = 40

    /// The words in order: lower case, without diacritics, split at everything that is neither letter nor digit.
    static func plain(in text: String) -> [String] {
        var words: [String] = []
        scan(text) {
            words.append($0); _ = $1
        }
        return words
    }

    /// As `plain`; besides, words that a hyphen joins appear joined where the joined form is what people write: with digits in
    /// it (`KE-1001` also as `ke1001`) or after a single letter (`e-mail` as `email`).
    static func searchable(in text: String) -> [String] {
        var words: [String] = []
        var previous: (word: String, isHyphenated: Bool)?
        scan(text) { word, isHyphenated in
            if let last = previous, last.isHyphenated {
                let isNumbered = word.utf8.allSatisfy(isDigit) && !last.word.utf8.contains(where: isDigit) && last.word.utf8.count <= 4
                if isNumbered || last.word.utf8.count == 1 { words.append(last.word + word) }
            }
            if word.utf8.count > 1 { words.append(word) }
            previous = (word, isHyphenated)
        }
        return words
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Calls `body` with each word and whether a hyphen and another word follow directly.
    private static func scan(_ text: String, _ body: (String, Bool) -> Void) {
        let bytes = text.utf8.count <= maximumBytes ? Substring(text) : prefix(of: text)
        var word: [UInt8] = []
        word.reserveCapacity(longestWord)
        var held: String?
        var hyphens = 0
        func finishWord() {
            guard !word.isEmpty else { return }
            if let held { body(held, hyphens == 1) }
            held = word.count <= longestWord ? String(decoding: word, as: UTF8.self) : nil
            hyphens = 0
            word.removeAll(keepingCapacity: true)
        }
        for scalar in bytes.unicodeScalars {
            switch scalar.value {
            case 0x61...0x7A, 0x30...0x39:
                word.append(UInt8(truncatingIfNeeded: scalar.value))
            case 0x41...0x5A:
                word.append(UInt8(truncatingIfNeeded: scalar.value) | 0x20)
            case 0..<0x80:
                finishWord()
                // Two anythings between words are no hyphen.
                hyphens += scalar == "-" ? 1 : 2
            default:
                switch LetterFolding.fold(scalar) {
                case .letters(let folded): word += folded
                case .nothing: break
                case .separator:
                    finishWord()
                    hyphens += scalar.value == 0x2010 || scalar.value == 0x2011 ? 1 : 2
                }
            }
        }
        finishWord()
        if let held { body(held, false) }
    }

    private static func prefix(of text: String) -> Substring {
        let bytes = text.utf8
        var end = bytes.index(bytes.startIndex, offsetBy: maximumBytes)
        while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
        return text[..<end]
    }
}
