/// The text of one article as it was read, before anything is made of it.
public struct ArticleFile: Sendable, Hashable {
    /// The file's name, for instance `05-lab-vm-operations-and-recovery.md`. Problems and links name it.
    public var name: String
    public var text: String

    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}
