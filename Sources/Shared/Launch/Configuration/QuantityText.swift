/// Durations as people write them in settings.
public enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)
    ]

    /// A number that is not negative with its unit. A bare 0 needs none; any other number without a unit is refused, because
    /// nobody can see whether it means seconds.
    public static func parse(_ text: String) -> Duration? {
        let text = text.trimmed
        if text == "0" { return .zero }
        for unit in units where text.hasSuffix(unit.suffix) {
            let number = String(text.dropLast(unit.suffix.count)).trimmed
            guard let value = Double(number), value >= 0, value * Double(unit.milliseconds) < 9e15 else { return nil }
            return .milliseconds(Int64((value * Double(unit.milliseconds)).rounded()))
        }
        return nil
    }

    /// As settings are shown: the largest unit that needs no fraction.
    public static func format(_ duration: Duration) -> String {
        let parts = duration.components
        let milliseconds = parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
        if milliseconds == 0 { return "0s" }
        for unit in ["d", "h", "m", "s"] {
            guard let size = units.first(where: { $0.suffix == unit })?.milliseconds else { continue }
            if milliseconds % size == 0 { return "\(milliseconds / size)\(unit)" }
        }
        return "\(milliseconds)ms"
    }
}

/// Sizes as people write them in settings.
enum ByteCountText {
    private static let units: [(suffix: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1), ("", 1)
    ]

    static func parse(_ text: String) -> Int? {
        let text = text.trimmed
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let count = Int(String(text.dropLast(unit.suffix.count)).trimmed), count >= 0 else { return nil }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
            return overflow ? nil : bytes
        }
        return nil
    }

    static func format(_ bytes: Int) -> String {
        for unit in units where bytes >= unit.bytes && bytes % unit.bytes == 0 && !unit.suffix.isEmpty {
            return "\(bytes / unit.bytes)\(unit.suffix)"
        }
        return "\(bytes)B"
    }
}

extension StringProtocol {
    /// Without the white space around it.
    var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}
