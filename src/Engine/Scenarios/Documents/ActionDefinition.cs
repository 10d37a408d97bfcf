using System.Collections.Immutable;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>One action of the language: parser, schema and page are made from it.</summary>
/// <param name="Key">Its word.</param>
/// <param name="Description">What it does, in a sentence.</param>
/// <param name="Fields">Its keys. A value in place of a mapping is the value of the first.</param>
/// <param name="Create">Makes the action of what was read; null after a finding.</param>
/// <param name="OnlyLooks">Whether it changes nothing, so that no errno can be expected.</param>
internal sealed record ActionDefinition(
    string Key, string Description, ImmutableArray<ActionField> Fields, Func<ActionFields, IScenarioAction?> Create, bool OnlyLooks = false);
