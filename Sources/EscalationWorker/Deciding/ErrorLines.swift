import Foundation

/// Lines of a text that look like what a machine said: the first thing that an engineer asks for.
enum ErrorLines {
    static let limit = 10
    private static let lineLimit = 300

    /// Words that programs use for failure, in English as machines mostly speak it and in the other supported languages.
    private static let words = [
        "error", "exception", "panic", "fatal", "traceback", "segfault", "segmentation fault", "core dumped", "denied", "refused", "timed out",
        "timeout", "no such file", "not found", "nxdomain", "servfail", "unreachable", "oom-killer", "out of memory", "fehler", "erreur", "erro:",
        "errore", "fallo:"
    ]

    /// Codes such as `KE-4001`, `ERR_TOO_MANY_REDIRECTS`, `0x80070005`, `HTTP 502`.
    private static func holdsCode(_ line: Substring) -> Bool {
        line.split { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }.contains { word in
            let bytes = Array(word.utf8)
            if word.hasPrefix("0x") { return bytes.count >= 6 }
            if word.hasPrefix("ERR_") || word.hasPrefix("EAI_") { return true }
            guard let dash = bytes.firstIndex(of: 45), dash >= 2, dash < bytes.count - 2 else { return false }
            return bytes[..<dash].allSatisfy { (65...90).contains($0) } && bytes[(dash + 1)...].allSatisfy { (48...57).contains($0) }
        }
    }

    /// Each line once, at most `limit`, long ones cut.
    static func find(in texts: [String]) -> [String] {
        var found: [String] = []
        for text in texts {
            for line in text.split(whereSeparator: \.isNewline) {
                let lower = line.lowercased()
                guard words.contains(where: { lower.contains($0) }) || holdsCode(line) else { continue }
                let line = String(line.trimmingCharacters(in: .whitespaces).prefix(lineLimit))
                if !found.contains(line) { found.append(line) }
                if found.count == limit { return found }
            }
        }
        return found
    }
}
