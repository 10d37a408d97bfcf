using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>One step.</summary>
/// <param name="Text">The step in a few words, such as <c>open a at udp 127.0.0.1:53</c>.</param>
/// <param name="Location">Where it is written, if anywhere.</param>
/// <param name="Action">What is done.</param>
/// <param name="Errno">What the kernel must refuse it with; None for a step that must succeed.</param>
public sealed record ScenarioStep(string Text, SourceLocation? Location, IScenarioAction Action, Errno Errno = Errno.None);
