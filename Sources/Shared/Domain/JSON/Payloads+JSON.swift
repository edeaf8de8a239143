import Foundation

// Members in the order of their names.

extension Requester: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("email", email)
            $0.member("id", id)
            $0.member("name", name)
        }
    }
}

extension TicketSubmitted: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("body", body)
            $0.member("channel", channel)
            $0.member("course", course)
            $0.member("follows", follows?.description)
            $0.member("module", module)
            $0.member("persona", persona?.rawValue)
            $0.name("requester")
            requester.write(to: &$0)
            $0.member("schemaVersion", schemaVersion)
            $0.member("subject", subject)
            $0.member("ticketId", ticketID?.description)
        }
    }
}

extension TicketClassified: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.name("category")
            Self.write(category.value, category.source, to: &$0)
            $0.member("confidence", confidence)
            $0.member("guardrails", guardrails)
            $0.member("language", language)
            $0.member("needsHuman", needsHuman)
            $0.member("revision", revision)
            $0.member("schemaVersion", schemaVersion)
            $0.name("severity")
            Self.write(severity.value.rawValue, severity.source, to: &$0)
            $0.member("state", state.rawValue)
            $0.member("ticketId", ticketID?.description)
            $0.name("tier")
            $0.object {
                $0.member("source", tier.source.rawValue)
                $0.member("value", tier.value.rawValue)
            }
            $0.member("version", version)
        }
    }

    private static func write(_ value: String, _ source: LabelSource, to json: inout JSONBytes) {
        json.object {
            $0.member("source", source.rawValue)
            $0.member("value", value)
        }
    }
}

extension TicketUpdated: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("kind", kind.rawValue)
            $0.member("messageId", messageID?.uuidString)
            $0.member("messageNumber", messageNumber)
            $0.member("schemaVersion", schemaVersion)
            $0.member("state", state.rawValue)
            $0.member("ticketId", ticketID?.description)
            $0.member("version", version)
        }
    }
}

extension TicketAnswered: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("citations", citations)
            $0.member("messageId", messageID?.uuidString)
            $0.member("model", model)
            $0.member("number", number)
            $0.member("outcome", outcome.rawValue)
            $0.member("schemaVersion", schemaVersion)
            $0.member("ticketId", ticketID?.description)
            $0.member("version", version)
        }
    }
}

extension EnrichmentRequested: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("body", body)
            $0.member("language", language)
            $0.member("messageCount", messageCount)
            $0.member("persona", persona.rawValue)
            $0.name("requester")
            requester.write(to: &$0)
            $0.member("revision", revision)
            $0.member("schemaVersion", schemaVersion)
            $0.member("subject", subject)
            $0.member("ticketId", ticketID?.description)
            $0.member("version", version)
        }
    }
}

extension MetricRecorded: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("at", at)
            $0.name("dimensions")
            $0.object {
                $0.member("category", dimensions.category)
                $0.member("channel", dimensions.channel)
                $0.member("language", dimensions.language)
                $0.member("persona", dimensions.persona.rawValue)
                $0.member("severity", dimensions.severity.rawValue)
                $0.member("tier", dimensions.tier.rawValue)
            }
            $0.name("measurements")
            $0.list(measurements) { json, measurement in
                json.object {
                    $0.member("detail", measurement.detail)
                    $0.member("name", measurement.name)
                    $0.member("value", measurement.value)
                }
            }
            $0.member("schemaVersion", schemaVersion)
            $0.member("ticketId", ticketID?.description)
        }
    }
}
