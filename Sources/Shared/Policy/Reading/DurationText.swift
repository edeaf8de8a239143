/// Durations as an operator writes them: a whole number and `s`, `m`, `h` or `d`.
enum DurationText {
    private static let units: [(letter: Character, seconds: Int)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    /// Nil for anything else, for negative numbers and for what does not fit.
    static func seconds(_ text: String) -> Int? {
        guard let last = text.last, let unit = units.first(where: { $0.letter == last }) else { return nil }
        let digits = text.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits) else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit.seconds)
        return overflow ? nil : seconds
    }

    /// In the largest unit that says it exactly; days only beyond three of them, as people say 72 h.
    static func string(_ seconds: Int) -> String {
        let unit = units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 && ($0.letter != "d" || seconds > 3 * 86_400) }
        guard let unit else { return "\(seconds)s" }
        return "\(seconds / unit.seconds)\(unit.letter)"
    }
}
