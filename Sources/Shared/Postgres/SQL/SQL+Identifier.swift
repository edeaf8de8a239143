extension SQL {
    /// `name` as PostgreSQL reads a quoted identifier.
    static func quoted(identifier name: String) -> String {
        var result = "\""
        for character in name.unicodeScalars {
            if character == "\"" { result.unicodeScalars.append(character) }
            result.unicodeScalars.append(character)
        }
        return result + "\""
    }
}
