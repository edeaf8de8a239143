import Intelligence
import Testing

@Suite struct LocalModelTests {
    static let examples: [LocalModel.Example] = [
        ("red apples and sweet pears", "fruit"), ("ripe bananas in the bowl", "fruit"), ("juicy oranges", "fruit"),
        ("apple juice and pear cake", "fruit"),
        ("the fast train to Lyon", "travel"), ("a flight over the sea", "travel"), ("two tickets for the bus", "travel"),
        ("train tickets are sold out", "travel"),
        ("my cat sleeps all day", "pets"), ("the dog barks at night", "pets"), ("food for cats and dogs", "pets"), ("a kitten plays", "pets")
    ].map { LocalModel.Example(text: $0.0, label: $0.1) }

    @Test(arguments: [("sweet apples", "fruit"), ("a train ticket", "travel"), ("dogs and cats", "pets"), ("APPLES!", "fruit")])
    func `unseen texts get the label of their words`(text: String, label: String) {
        let prediction = LocalModel.train(examples: Self.examples).predict(text)
        #expect(prediction.label == label)
        #expect(prediction.probability > 0.5)
        #expect(prediction.runnerUp != nil && prediction.runnerUp != label)
        #expect(prediction.runnerUpProbability < prediction.probability)
    }

    @Test func `training is deterministic and the version names its content`() {
        let a = LocalModel.train(examples: Self.examples)
        #expect(a.version == LocalModel.train(examples: Self.examples).version)
        #expect(a.version.hasPrefix("linear-"))
        #expect(a.version != LocalModel.train(examples: Array(Self.examples.dropLast())).version)
        var options = LocalModel.Options()
        options.cost = 4
        #expect(a.version != LocalModel.train(examples: Self.examples, options: options).version)
    }

    @Test func `a text of unknown words is nobody's`() {
        let prediction = LocalModel.train(examples: Self.examples).predict("zzzz qqqq")
        #expect(prediction.probability < 0.6)
    }

    @Test func `one label alone is always the answer`() {
        let model = LocalModel.train(examples: [.init(text: "a", label: "only")])
        let prediction = model.predict("whatever")
        #expect(prediction.label == "only")
        #expect(prediction.runnerUp == nil)
        #expect(prediction.probability == 1)
    }
}
