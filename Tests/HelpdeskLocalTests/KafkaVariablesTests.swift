import Testing

@testable import HelpdeskLocal

@Suite("Properties of a real cluster, as variables")
struct KafkaVariablesTests {
    @Test func bothSpellingsAreRead() {
        let environment = [
            "KAFKA_PROPERTY_SECURITY_PROTOCOL": "ssl", "HELPDESK_KAFKA_PROPERTY_SECURITY_PROTOCOL": "sasl_ssl",
            "KAFKA_PROPERTY_SASL_PASSWORD": "a=b c", "KAFKA_PROPERTY_SSL_CA_LOCATION": "", "KAFKA_BROKERS": "b:1", "KAFKA_PROPERTY_": "x"
        ]
        #expect(KafkaVariables.properties(in: environment) == ["security.protocol": "sasl_ssl", "sasl.password": "a=b c"])
    }

    @Test func theServicesGetTheseAndNoOthers() {
        let properties = ["security.protocol": "sasl_ssl", "sasl.password": "a=b c"]
        var environment = ["HELPDESK_KAFKA_PROPERTY_SSL_CA_LOCATION": "/left/over", "PATH": "/bin"]
        KafkaVariables.set(properties, in: &environment)
        #expect(KafkaVariables.properties(in: environment) == properties)
        // The embedded broker speaks neither TLS nor SASL, whatever the shell holds.
        KafkaVariables.set([:], in: &environment)
        #expect(environment == ["PATH": "/bin"])
    }
}
