namespace ReuseportPS.Engine.Asm;

/// <summary>A piece of a line.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As written; of <see cref="TokenKind.Text"/> without quotes.</param>
/// <param name="Column">Column, counted from 1.</param>
/// <param name="Value">Value of a number; null when it has more than 64 bits.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Column, ulong? Value = null)
{
    public bool Is(string mark) => Kind == TokenKind.Mark && Text == mark;

    public bool IsWord(string word) => Kind == TokenKind.Word && Text == word;

    /// <summary>The token in a message.</summary>
    public override string ToString() => Kind == TokenKind.End ? "the end of the line" : $"'{Text}'";
}
