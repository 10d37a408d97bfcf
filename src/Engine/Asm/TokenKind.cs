namespace ReuseportPS.Engine.Asm;

/// <summary>Kind of a <see cref="Token"/>.</summary>
internal enum TokenKind : byte
{
    /// <summary>End of the line.</summary>
    End,

    /// <summary>A word: register, name, keyword, directive.</summary>
    Word,

    /// <summary>A number without its sign.</summary>
    Number,

    /// <summary>An operator or other mark.</summary>
    Mark,

    /// <summary>A text in quotes, or what is between the brackets of <c>map[...]</c>.</summary>
    Text,
}
