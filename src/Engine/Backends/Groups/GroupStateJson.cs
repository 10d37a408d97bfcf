using System.Text.Json.Serialization;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>How <see cref="GroupState"/> is written as JSON, without reflection.</summary>
[JsonSerializable(typeof(GroupState))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class GroupStateJson : JsonSerializerContext;
