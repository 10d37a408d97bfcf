BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'Get-ReuseportConnection' {
    It 'lists none where nobody is connected' {
        $null = New-ReuseportGroup connected -SlotCount 2 -Port 5310
        $warning = $null
        Get-ReuseportConnection connected -WarningVariable warning | Should -BeNullOrEmpty
        $warning | Should -BeNullOrEmpty
    }

    It 'reports a group that is not there' {
        { Get-ReuseportConnection nobody -ErrorAction Stop } | Should -Throw -ErrorId '*NotFound*'
    }
}
