import Foundation
import Testing

/// Holds an answer of a running gateway against the document that the gateway serves. Stricter than a client may be: a field that the
/// document does not know is a breach too.
struct ContractCheck: @unchecked Sendable {
    // Never changed, so that it may be shared.
    private let document: [String: Any]

    init(document bytes: Data) throws {
        document = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    }

    /// What is wrong with the answer; empty when nothing is, and for paths and methods that are not in the document.
    func breaches(_ method: String, _ target: String, _ answer: Answer) -> [String] {
        let path = String(target.prefix { $0 != "?" })
        guard let operation = operation(method.lowercased(), path) else { return [] }
        let name = operation["operationId"] as? String ?? path
        guard let response = (operation["responses"] as? [String: Any])?[String(answer.status)] as? [String: Any] else {
            return ["\(name): the status \(answer.status) is not in the contract: \(String(decoding: answer.body.prefix(300), as: UTF8.self))"]
        }
        var found: [String] = []
        for (header, about) in response["headers"] as? [String: Any] ?? [:] {
            guard (about as? [String: Any])?["required"] as? Bool == true, answer.header(header) == nil else { continue }
            found.append("the header \(header) is missing")
        }
        let content = response["content"] as? [String: Any] ?? [:]
        let media = answer.header("Content-Type").map { String($0.prefix { $0 != ";" }) }
        if content.isEmpty {
            if !answer.body.isEmpty { found.append("a body, where none is promised") }
        } else if let schema = (content[media ?? ""] as? [String: Any])?["schema"] {
            if let item = (content[media ?? ""] as? [String: Any])?["x-itemSchema"], media == "application/x-ndjson" {
                for line in answer.body.split(separator: UInt8(ascii: "\n")) {
                    guard let value = try? JSONSerialization.jsonObject(with: line) else {
                        found.append("a line is no JSON")
                        continue
                    }
                    found += check(value, item, "$").breaches
                }
            } else if media?.hasSuffix("json") == true {
                do {
                    let value = try JSONSerialization.jsonObject(with: answer.body, options: .fragmentsAllowed)
                    found += check(value, schema, "$").breaches
                } catch {
                    found.append("the body is no JSON")
                }
            }
        } else {
            found.append("the content type \(media ?? "(none)") is not in the contract")
        }
        return found.map { "\(name) \(answer.status): \($0)" }
    }

    /// What is wrong with a request's body.
    func breaches(ofBody body: Data, _ method: String, _ path: String) throws -> [String] {
        let content = (operation(method.lowercased(), path)?["requestBody"] as? [String: Any])?["content"] as? [String: Any]
        guard let schema = (content?["application/json"] as? [String: Any])?["schema"] else { return ["\(path): no schema"] }
        return check(try JSONSerialization.jsonObject(with: body), schema, "\(path): $").breaches
    }

    private func operation(_ method: String, _ path: String) -> [String: Any]? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        // A literal path goes before one with open parts, as in the router.
        let matches = (document["paths"] as? [String: Any] ?? [:]).filter { template, _ in
            let parts = template.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == segments.count && zip(parts, segments).allSatisfy { $0.hasPrefix("{") ? !$1.isEmpty : $0 == $1 }
        }
        let best = matches.min { $0.key.count { $0 == "{" } < $1.key.count { $0 == "{" } }
        return (best?.value as? [String: Any])?[method] as? [String: Any]
    }

    private typealias Finding = (breaches: [String], known: Set<String>)

    /// - Parameter isPart: one of several schemas for the same object: its neighbours may know the other fields.
    private func check(_ value: Any, _ schema: Any, _ place: String, isPart: Bool = false) -> Finding {
        guard var schema = schema as? [String: Any] else { return ([], []) }
        if let reference = schema["$ref"] as? String {
            let name = String(reference.split(separator: "/").last ?? "")
            let definition = ((document["components"] as? [String: Any])?["schemas"] as? [String: Any])?[name] as? [String: Any]
            guard let definition else { return (["\(place): no schema \(name)"], []) }
            schema = definition.merging(schema.filter { $0.key != "$ref" }) { $1 }
        }
        var breaches: [String] = []
        var known: Set<String> = []
        for part in schema["allOf"] as? [Any] ?? [] {
            let finding = check(value, part, place, isPart: true)
            breaches += finding.breaches
            known.formUnion(finding.known)
        }
        for word in ["oneOf", "anyOf"] {
            guard let choices = schema[word] as? [Any] else { continue }
            let findings = choices.map { check(value, $0, place) }
            guard let fitting = findings.first(where: \.breaches.isEmpty) else {
                breaches.append("\(place): fits none of \(word): " + findings.map { $0.breaches.joined(separator: ", ") }.joined(separator: " | "))
                continue
            }
            known.formUnion(fitting.known)
        }
        let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] } ?? []
        if !types.isEmpty, !types.contains(where: { Self.isOf($0, value) }) { breaches.append("\(place): expected \(types), found \(value)") }
        if let allowed = schema["enum"] as? [Any], !allowed.contains(where: { Self.areEqual($0, value) }) {
            breaches.append("\(place): \(value) is none of \(allowed)")
        }
        if let only = schema["const"], !Self.areEqual(only, value) { breaches.append("\(place): expected \(only), found \(value)") }
        if let text = value as? String { breaches += Self.textBreaches(text, schema, place) }
        if let list = value as? [Any], let items = schema["items"] {
            for (index, item) in list.enumerated() { breaches += check(item, items, "\(place)[\(index)]").breaches }
        }
        if let object = value as? [String: Any], !types.isEmpty || schema["properties"] != nil || schema["allOf"] != nil {
            let properties = schema["properties"] as? [String: Any] ?? [:]
            known.formUnion(properties.keys)
            for (name, property) in properties {
                if let member = object[name] { breaches += check(member, property, "\(place).\(name)").breaches }
            }
            for name in schema["required"] as? [String] ?? [] where object[name] == nil { breaches.append("\(place).\(name) is missing") }
            // The OpenAPI document is an object of which only the first line is described.
            if !isPart, schema["oneOf"] == nil, schema["anyOf"] == nil, schema["additionalProperties"] == nil, !types.isEmpty || !known.isEmpty {
                for name in object.keys where !known.contains(name) && known != ["openapi"] {
                    breaches.append("\(place).\(name) is not in the contract")
                }
            }
        }
        return (breaches, known)
    }

    private static func textBreaches(_ text: String, _ schema: [String: Any], _ place: String) -> [String] {
        switch schema["format"] as? String {
        case "uuid" where UUID(uuidString: text) == nil || text != text.lowercased(): ["\(place): '\(text)' is no UUID in lower case"]
        case "date-time"
        where
            (try? Date(
                text, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: text.contains(".")).timeZone(separator: .omitted)))
            == nil:
            ["\(place): '\(text)' is no RFC 3339 date-time"]
        default: []
        }
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        let number = value as? NSNumber
        let isTruth = number.map { CFBooleanLike.is($0) } ?? false
        return switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": isTruth
        case "integer": number != nil && !isTruth && Double(number?.int64Value ?? 0) == number?.doubleValue
        case "number": number != nil && !isTruth
        case "null": value is NSNull
        default: false
        }
    }

    private static func areEqual(_ one: Any, _ other: Any) -> Bool { (one as? NSObject)?.isEqual(other) == true }
}

/// Tells a truth value from a number, which Foundation hands out as the same class.
private enum CFBooleanLike {
    static func `is`(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
