extension String {
    /// Byte by byte, as PostgreSQL compares: to Swift a composed and a decomposed letter are the same, and so would be two people.
    public func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
