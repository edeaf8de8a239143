/// Ways in which a record can be no ticket, or an unusual one.
enum PoisonKind: String, Codable, Sendable, CaseIterable {
    case badJSON = "bad_json"
    case wrongSchema = "wrong_schema"
    case emptyPayload = "empty_payload"
    case nullPayload = "null_payload"
    /// Unusual, not deadly: lanes follow the ticket id, not the key.
    case noKey = "no_key"
    case tooLarge = "too_large"
    case invalidUTF8 = "invalid_utf8"
    case nulCharacter = "nul_character"
    /// Two records with one id and different bodies: the first is a ticket, the second is dead.
    case idConflict = "id_conflict"

    /// No ticket may come of it.
    var isDeadly: Bool {
        switch self {
        case .noKey, .idConflict: false
        default: true
        }
    }
}
