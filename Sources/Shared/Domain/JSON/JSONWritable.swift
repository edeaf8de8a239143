/// A value that writes its own JSON: byte for byte what `JSONEncoder` with sorted keys and plain slashes makes of it.
public protocol JSONWritable: Encodable {
    func write(to json: inout JSONBytes)
}

extension JSONWritable {
    /// The value as a document of its own.
    public var json: [UInt8] {
        var json = JSONBytes(reserving: 512)
        write(to: &json)
        return json.bytes
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.list(self) { $1.write(to: &$0) }
    }
}

extension SingleTypePayload where Self: JSONWritable {
    public func encoded() -> [UInt8] { json }
}
