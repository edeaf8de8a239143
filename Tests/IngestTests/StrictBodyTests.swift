import Domain
import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite("Bodies have the fields of their type and no others")
struct StrictBodyTests {
    /// What is said of a body: nil when it is taken, else the field.
    private func refused(_ json: String) -> String? {
        do throws(Problem) {
            _ = try SubmissionRequest(json: Data(json.utf8))
            return nil
        } catch {
            return error.errors.first?.field ?? error.type.rawValue
        }
    }

    /// The same as the decoder alone would say it.
    private func refusedByDecoder(_ json: String) -> String? {
        do {
            _ = try JSONDecoder().decode(StrictBody<SubmissionRequest>.self, from: Data(json.utf8))
            return nil
        } catch let error as InvalidField {
            return error.field
        } catch {
            return "another"
        }
    }

    static let bodies: [(json: String, field: String?)] = [
        (#"{"subject":"a","body":"b"}"#, nil),
        ("\n{ \"subject\" :\t\"a\" , \"body\":\"b\" }\n", nil),
        (#"{"subject":"a","body":"b","Subject":"c"}"#, "Subject"),
        (#"{"subject":"a","body":"b","tier":3}"#, "tier"),
        (#"{"subject":"a","body":"b","requester":{"id":"x"}}"#, nil),
        (#"{"subject":"a","body":"b","requester":{"id":"x","role":"admin"}}"#, "requester.role"),
        (#"{"subject":"a","body":"b","requester":null,"course":null}"#, nil),
        (#"{"subject":"{\"tier\":1}","body":"\\\"}, \"tier\":2"}"#, nil),
        (#"{"subject":"a\\","body":"b","x":[{"y":"]"},[1,-2e3,true]]}"#, "x"),
        (#"{"\u0073ubject":"a","body":"b"}"#, nil),
        (#"{"subject":"a","body":"b","\u0074ier":1}"#, "tier"),
        (#"{"subject":"a","body":"b","überschrift":1}"#, "überschrift"),
        (#"{"subject":"a","body":"b","":1}"#, "")
    ]

    @Test(arguments: bodies) func names(body: (json: String, field: String?)) {
        #expect(refused(body.json) == body.field)
    }

    /// Whatever is put together from the pieces of a body, the quick look says what the decoder says.
    @Test(arguments: 0..<40) func theQuickLookIsTheDecoders(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let names = ["subject", "body", "requester", "persona", "id", "name", "tier", #"\u0063ourse"#, #"ti\"er"#, "Überschrift", "", " "]
        let values = [
            #""a""#, #""a\\""#, #""{\"x\":1}""#, "1", "-1.5e3", "true", "null", "[]", #"[1,[2],{"x":"]"}]"#, "{}", #"{"id":"x"}"#,
            #"{"id":"x","y":{}}"#,
            #"{"name":null , "email":"e"}"#
        ]
        for _ in 0..<200 {
            var fields = [#""subject":"a""#, #""body" : "b""#]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                fields.append("\"\(names.randomElement(using: &random)!)\" : \(values.randomElement(using: &random)!)")
            }
            let json = "{" + fields.shuffled(using: &random).joined(separator: [",", " , ", ",\n"].randomElement(using: &random)!) + "}"
            guard (try? JSONDecoder().decode(SubmissionRequest.self, from: Data(json.utf8))) != nil else { continue }
            let expected = refusedByDecoder(json), found = refused(json)
            // Of several unknown fields either may be named.
            #expect((expected == nil) == (found == nil), "\(json): \(found ?? "taken"), expected \(expected ?? "taken")")
        }
    }
}
