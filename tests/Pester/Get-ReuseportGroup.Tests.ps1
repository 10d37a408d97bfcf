BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300
    $null = New-ReuseportGroup dns -SlotCount 2 -Port 5353
}

Describe 'Get-ReuseportGroup' {
    It 'lists every group in order of name' {
        (Get-ReuseportGroup).Name | Should -Be 'dns', 'web'
    }

    It 'finds groups by <pattern>' -ForEach @(
        @{ pattern = 'web'; expected = @('web') }
        @{ pattern = 'W*'; expected = @('web') }
        @{ pattern = '*'; expected = @('dns', 'web') }
    ) {
        (Get-ReuseportGroup $pattern).Name | Should -Be $expected
    }

    It 'takes names from the pipeline' {
        ('dns', 'web' | Get-ReuseportGroup).SlotCount | Should -Be 2, 4
    }

    It 'finds nothing for a pattern without a match' {
        Get-ReuseportGroup 'x*' | Should -BeNullOrEmpty
    }

    It 'reports a name that no group has' {
        { Get-ReuseportGroup nothing -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound*'
    }
}
