namespace ReuseportPS.Engine.Programs;

/// <summary>A place in a program under construction. Made by <see cref="ProgramBuilder.NewLabel"/>, put down by <see cref="ProgramBuilder.Mark"/>, jumped to before or after.</summary>
public sealed class Label
{
    internal Label(string name) => Name = name;

    /// <summary>Name used in messages.</summary>
    public string Name { get; }

    internal int? Position { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
