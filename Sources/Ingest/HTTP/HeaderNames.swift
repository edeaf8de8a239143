import HTTPTypes

// Names that the library does not have. Each literal is a token, so none of these can be nil.
extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let prefer = HTTPField.Name("Prefer")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
    static let requestID = HTTPField.Name("X-Request-Id")!
    static let traceparent = HTTPField.Name("traceparent")!
    static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
    static let rateLimit = HTTPField.Name("RateLimit")!
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let forwarded = HTTPField.Name("Forwarded")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
