import Foundation

/// A text as the redaction reads it: one small letter or sign per place, without accents, full-width forms and invisible characters.
struct PlainText {
    /// What is read: ASCII where the source has it in any form, else the source's scalar.
    private(set) var scalars: [UInt32] = []
    /// As `scalars`, with its case kept.
    private(set) var cased: [UInt32] = []
    /// Where each place stands in `source`.
    private var places: [Int] = []
    private let source: [Unicode.Scalar]

    init(_ text: String) {
        source = Array(text.unicodeScalars)
        scalars.reserveCapacity(source.count)
        cased.reserveCapacity(source.count)
        places.reserveCapacity(source.count)
        for (place, scalar) in source.enumerated() {
            guard let plain = Self.plain(scalar) else { continue }
            cased.append(plain)
            scalars.append((0x41...0x5A).contains(plain) ? plain + 0x20 : plain)
            places.append(place)
        }
    }

    /// Nil for what is not seen.
    private static func plain(_ scalar: Unicode.Scalar) -> UInt32? {
        let value = scalar.value
        if value < 0x80 { return value }
        // Full-width forms of ASCII, signs included.
        if (0xFF01...0xFF5E).contains(value) { return value - 0xFEE0 }
        if scalar.properties.isDefaultIgnorableCodePoint || (0x300...0x36F).contains(value) { return nil }
        if scalar.properties.isWhitespace { return [0x2028, 0x2029, 0x85].contains(value) ? 0x0A : 0x20 }
        if [0x2010, 0x2011, 0x2012, 0x2013, 0x2212].contains(value) { return 0x2D }
        if scalar.properties.generalCategory == .decimalNumber, let digit = scalar.properties.numericValue { return 0x30 + UInt32(digit) }
        if (0xC0...0x24F).contains(value), let base = String(scalar).decomposedStringWithoutMarks { return base }
        return value
    }

    var count: Int { scalars.count }

    /// The text with placeholders. Passages that overlap become one, named for the first of them.
    func replacing(_ passages: [Redaction.Passage]) -> Redaction.Result {
        var merged: [Redaction.Passage] = []
        for passage in passages.sorted(by: { ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound) }) {
            if let last = merged.last, passage.range.lowerBound < last.range.upperBound {
                merged[merged.count - 1].range = last.range.lowerBound..<max(last.range.upperBound, passage.range.upperBound)
            } else if !passage.range.isEmpty {
                merged.append(passage)
            }
        }
        var output = String.UnicodeScalarView()
        var counts: [Redaction.Kind: Int] = [:]
        var next = 0
        for passage in merged {
            let start = places[passage.range.lowerBound]
            output.append(contentsOf: source[next..<start])
            output.append(contentsOf: passage.kind.placeholder.unicodeScalars)
            counts[passage.kind, default: 0] += 1
            next = places[passage.range.upperBound - 1] + 1
        }
        output.append(contentsOf: source[next...])
        return Redaction.Result(text: String(output), counts: counts)
    }

    // MARK: Kinds of signs

    func isLetter(_ index: Int) -> Bool {
        let value = scalars[index]
        return (0x61...0x7A).contains(value) || value >= 0xAA
    }

    func isDigit(_ index: Int) -> Bool { (0x30...0x39).contains(scalars[index]) }
    func isWord(_ index: Int) -> Bool { isLetter(index) || isDigit(index) }
    func isSpace(_ index: Int) -> Bool { scalars[index] == 0x20 || (0x09...0x0D).contains(scalars[index]) }
    func isLineEnd(_ index: Int) -> Bool { (0x0A...0x0D).contains(scalars[index]) }
    func isUpper(_ index: Int) -> Bool { (0x41...0x5A).contains(cased[index]) }

    /// Whether `text`, in small letters, stands at a place; nothing stands outside the text.
    func has(_ text: String, at index: Int) -> Bool {
        guard index >= 0 else { return false }
        var place = index
        for scalar in text.unicodeScalars {
            guard place < count, scalars[place] == scalar.value else { return false }
            place += 1
        }
        return true
    }

    /// The words as ranges: letters and digits.
    func words() -> [Range<Int>] {
        var words: [Range<Int>] = []
        var index = 0
        while index < count {
            let start = index
            while index < count, isWord(index) { index += 1 }
            if index > start { words.append(start..<index) } else { index += 1 }
        }
        return words
    }

    /// The text of a range, at most 32 long.
    func string(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        for value in scalars[range].prefix(32) { if let scalar = Unicode.Scalar(value) { text.append(scalar) } }
        return String(text)
    }
}

extension String {
    /// The first scalar of a letter without its marks, when that is ASCII.
    fileprivate init(_ scalar: Unicode.Scalar) {
        var view = String.UnicodeScalarView()
        view.append(scalar)
        self.init(view)
    }

    fileprivate var decomposedStringWithoutMarks: UInt32? {
        decomposedStringWithCanonicalMapping.unicodeScalars.first.flatMap { $0.isASCII ? $0.value : nil }
    }
}
