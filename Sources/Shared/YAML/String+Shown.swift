extension String {
    /// The text as a message about a file may hold it: on one line, without what a terminal would obey, and only its beginning when it is long.
    /// - Parameter most: Unicode scalars.
    public func shown(_ most: Int = 120) -> String {
        var scalars = UnicodeScalarView()
        for scalar in unicodeScalars.prefix(most) { scalars.append(Self.harmless(scalar)) }
        return String(scalars) + (unicodeScalars.count > most ? "…" : "")
    }

    private static func harmless(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        // Unicode has pictures of these.
        case ..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
        case 0x7F: "\u{2421}"
        // The other controls, ends of lines, and what turns the direction of a text around.
        case 0x80...0x9F, 0x2028...0x202E, 0x2066...0x2069: "\u{FFFD}"
        default: scalar
        }
    }
}
