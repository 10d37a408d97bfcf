using System.Text.Json.Serialization;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>How <see cref="GroupState"/> and <see cref="GroupEdit"/> are written as JSON, without reflection.</summary>
[JsonSerializable(typeof(GroupState))]
[JsonSerializable(typeof(GroupEdit))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class GroupStateJson : JsonSerializerContext;
