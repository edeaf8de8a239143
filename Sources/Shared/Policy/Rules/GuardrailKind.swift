/// The guardrails that a policy may ask for: the requests that are refused.
///
/// `escalation_suppression` ("please do not escalate") is missing on purpose: no rule can name it, so it has no effect.
public enum GuardrailKind: String, Codable, Sendable, CaseIterable {
    case loggingTampering = "logging_tampering"
    case hideActivity = "hide_activity"
    case hostAccess = "host_access"
    case destructiveAll = "destructive_all"
    case promptInjection = "prompt_injection"
    case secretRequest = "secret_request"
}
